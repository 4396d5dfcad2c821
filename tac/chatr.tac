"""The chatr service for ``twistd -y``: options come from the environment and the TOML file it names."""

from twisted.application import service

from chatr import tap

application = service.Application("chatr")
options = tap.Options()
options.parseOptions([])
tap.makeService(options).setServiceParent(application)

"""The twistd plugin. It imports nothing of chatr: twistd loads it whenever it lists any plugin."""

from twisted.application.service import ServiceMaker

chatr = ServiceMaker("Chatr", "chatr.tap", "A self-hosted realtime messaging server.", "chatr")

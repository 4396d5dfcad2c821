"""Packaging that declarative metadata can't express: the twistd plugin and the SQL folder as package ``chatr.sql``."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["chatr", "chatr.*"]), "chatr.sql", "chatr.sql.migrations", "twisted.plugins"],
    package_dir={"chatr.sql": "sql", "chatr.sql.migrations": "sql/migrations"},
    package_data={"chatr": ["py.typed"], "chatr.sql.migrations": ["*.sql"]},
    # twisted.plugins is found by scanning sys.path: the default editable finder hides the plugin from it.
    options={"editable_wheel": {"mode": "compat"}},
)

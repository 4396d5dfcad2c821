"""Packaging that declarative metadata can't express: the twistd plugin, and the SQL folder as ``chatr.sql``."""

from setuptools import find_packages, setup

SQL = ["chatr.sql", "chatr.sql.functions", "chatr.sql.migrations"]

setup(
    # twisted.plugins has no __init__.py: it is found by scanning sys.path, also in an editable install.
    packages=[*find_packages(include=["chatr", "chatr.*"]), *SQL, "twisted.plugins"],
    package_dir={"": "."},
    # chatr/sql is a link to sql/: the files are the same in a checkout, an editable install and a wheel.
    package_data={"chatr": ["py.typed"], **{package: ["*.sql"] for package in SQL}},
)

import os
import subprocess

import pytest
from dockerfile import Build
from fixtures.proxy import REPOSITORY


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("chroot and mount need root: sudo make deploy-test", returncode=2)


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    return Build(tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="session")
def package():
    """The Debian package of the release build."""
    done = subprocess.run([REPOSITORY / "Scripts/deb"], check=True, stdout=subprocess.PIPE, text=True)
    return REPOSITORY / done.stdout.strip()

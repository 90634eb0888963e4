"""The package, on a bare Debian: installed with what it depends on, run as its user, and purged."""

import pytest
from clean_root import debian

pytestmark = pytest.mark.timeout(1500)

# Secrets of their own user are not there yet.
CHECK = "set -a; . /environment; OBO_CLIENT_SECRET_FILE= OBO_CLIENT_SECRET=x; exec obo-proxy check"


def test_installed_run_and_purged(package, tmp_path):
    root = debian(tmp_path / "root")
    root.install(package)
    assert root.must("obo-proxy", "version").startswith("obo-proxy ")
    user = root.must("id", "-u", "obo-proxy").strip()
    assert int(user) > 0
    assert root.must("stat", "--format=%a %U %G", "/etc/obo-proxy").strip() == "750 root obo-proxy"
    root.fill_in_environment("/environment", 0o644)
    assert "servers.tickets.url" in root.must("sh", "-c", CHECK, user=f"{user}:{user}")

    root.must("apt-get", "purge", "--yes", "obo-proxy")
    left = [path for path in root.path.rglob("*obo-proxy*") if "var/" not in str(path.relative_to(root.path))]
    assert left == []

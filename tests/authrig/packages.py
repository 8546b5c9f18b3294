"""The packages that the rig needs beside Python: in a folder of their own, installed once."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

PACKAGES = {"aiosmtpd": "aiosmtpd==1.4.6", "cryptography": "cryptography>=42"}


def need():
    """Makes the packages importable; installs those that are missing into $AUTHRIG_PYTHON, or beside the temporary files."""
    folder = pathlib.Path(os.environ.get("AUTHRIG_PYTHON") or pathlib.Path(tempfile.gettempdir()) / "authrig-python")
    sys.path.append(str(folder))
    missing = [wanted for name, wanted in PACKAGES.items() if importlib.util.find_spec(name) is None]
    if missing:
        print("installing " + ", ".join(missing) + " with pip", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder), *missing], check=True)
        importlib.invalidate_caches()

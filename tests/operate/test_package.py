"""The installed tree: program, man page, completions, units, and the Containerfile's packages."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from serving import PROGRAM, WAIT, ServingTest

BUILD = os.environ["SLUICE_BUILD_FOLDER"]
SOURCE = pathlib.Path(os.environ["SLUICE_SOURCE_FOLDER"])
CMAKE = os.environ.get("SLUICE_CMAKE", "cmake")


def output_of(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT, **options)
    if done.returncode:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


class InstalledTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = pathlib.Path(tempfile.mkdtemp(prefix="sluice_package_"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix, ignore_errors=True)
        output_of(CMAKE, "--install", BUILD, "--component", "tools", "--prefix", str(cls.prefix))
        cls.program = str(cls.prefix / "bin" / "sluice")
        cls.man = cls.prefix / "share/man/man1/sluice.1"
        listing = output_of(cls.program, "--help")
        cls.commands = re.findall(r"^  (\w+) ", listing.partition("Commands:\n")[2].partition("\n\n")[0], re.MULTILINE)
        cls.flags = {command: re.findall(r"^  (?:-\w \[ )?--([\w-]+)", output_of(cls.program, command, "--help"), re.MULTILINE)
                     for command in cls.commands}

    def test_the_program_runs(self):
        self.assertRegex(output_of(self.program, "--version"), r"^sluice \d+\.\d+\.\d+ \(SQLite 3\.")
        self.assertIn("serve", self.commands)
        self.assertIn("tls-cert", self.flags["serve"])

    def test_the_man_page_has_everything(self):
        if not shutil.which("man"):
            self.skipTest("man is not installed (package man-db)")
        done = subprocess.run(["man", "--warnings", "-l", str(self.man)], capture_output=True, timeout=WAIT,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MANPAGER": "cat", "MAN_KEEP_FORMATTING": ""})
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        page = re.sub(r"\x1b\[[\d;]*m|.\x08", "", done.stdout.decode())
        for command, flags in self.flags.items():
            self.assertIn(f"sluice {command}", page)
            for flag in flags:
                if flag not in ("action", "values", "domain"):
                    self.assertRegex(page, rf"--{flag}\b", command)
        self.assertIn("127.0.0.1:8090", page)

    def complete(self, *words):
        """What bash offers for the last word."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_sluice sluice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf "%s\\n" "${COMPREPLY[@]}"')
        path = self.prefix / "share/bash-completion/completions/sluice"
        return output_of("bash", "--norc", "-euc", script, "bash", str(path), *words).split()

    def test_bash_completes(self):
        self.assertEqual(self.complete("sluice", "ser"), ["serve"])
        self.assertEqual(set(self.complete("sluice", "")), {*self.commands, "--help", "--version"})
        self.assertEqual(self.complete("sluice", "serve", "--tls"), ["--tls-cert", "--tls-key"])
        self.assertEqual(self.complete("sluice", "serve", "--log-level", "w"), ["warn"])
        self.assertEqual(self.complete("sluice", "superuser", "up"), ["upsert", "update"])
        self.assertEqual(self.complete("sluice", "serve", "--dir", str(self.prefix / "sha")), [str(self.prefix / "share")])
        self.assertEqual(self.complete("sluice", "serve", "--origins", ""), [])
        for command, flags in self.flags.items():
            offered = self.complete("sluice", command, "--")
            self.assertEqual(set(offered), {f"--{flag}" for flag in flags} - {"--action", "--values", "--domain"})

    def test_other_shells_can_read_theirs(self):
        paths = {"zsh": self.prefix / "share/zsh/site-functions/_sluice", "fish": self.prefix / "share/fish/vendor_completions.d/sluice.fish"}
        for shell, path in paths.items():
            text = path.read_text()
            for command, flags in self.flags.items():
                self.assertIn(command, text)
                for flag in set(flags) - {"action", "values", "domain"}:
                    self.assertIn(f"--{flag}[" if shell == "zsh" else f"-l {flag} ", text)
            if shutil.which(shell):
                output_of(shell, "-n", str(path))

    def test_units(self):
        folder = self.prefix / "lib/systemd/system"
        for name in ("sluice.service", "sluice@.service"):
            text = (folder / name).read_text()
            self.assertRegex(text, r"(?m)^ExecStart=/\S+/sluice serve --dir /var/lib/sluice/pb_data( --reuse-port)? \$SLUICE_FLAGS$")
            self.assertEqual("--reuse-port" in text, "@" in name)
        self.assertIn("u sluice ", (self.prefix / "lib/sysusers.d/sluice.conf").read_text())
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed (package systemd)")
        # Verified where the program really is.
        place = pathlib.Path(tempfile.mkdtemp(prefix="sluice_units_"))
        self.addCleanup(shutil.rmtree, place)
        for name in ("sluice.service", "sluice@.service"):
            text = re.sub(r"(?m)^(ExecStart=)\S+", rf"\g<1>{self.program}", (folder / name).read_text())
            unit = place / name.replace("@", "@a")
            unit.write_text(text.replace("Documentation=man:sluice(1)\n", "").replace("/bin/kill", shutil.which("kill") or "/bin/kill"))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=WAIT)
            said = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
            self.assertEqual((done.returncode, said), (0, []), done.stderr)

    def test_the_image_has_the_libraries(self):
        if not shutil.which("dpkg-query") or not shutil.which("ldd"):
            self.skipTest("this is no Debian")
        text = (SOURCE / "tools/package/Containerfile").read_text()
        self.assertEqual(set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)), {"debian:12"})
        second = text.split("FROM debian:12\n")[1]
        packages = set(re.findall(r"\b(?:lib|ca-)[\w.+-]+", second.partition("rm -rf")[0]))
        needed = re.findall(r"NEEDED\s+(\S+)", output_of("objdump", "-p", self.program))
        self.assertTrue(needed)
        for library in needed:
            found = re.search(rf"^\s*{re.escape(library)} => (\S+)", output_of("ldd", self.program), re.MULTILINE)
            if not found or "san" in library:
                continue
            owners = set()
            for path in {found[1], os.path.realpath(found[1]), "/usr" + found[1], "/usr" + os.path.realpath(found[1])}:
                done = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True, timeout=WAIT)
                owners |= {line.split(":")[0] for line in done.stdout.splitlines()}
            base = {"libc6", "libgcc-s1", "libstdc++6"}
            # What one of the packages brings along.
            depends = {name for package in packages for name in re.findall(r"[\w.+-]+", subprocess.run(
                ["dpkg-query", "-W", "-f", "${Depends}", package], capture_output=True, text=True, timeout=WAIT).stdout)}
            self.assertTrue(owners & (packages | base | depends), f"{library} is in {owners}, which the Containerfile does not install")


class NotifyTest(ServingTest):
    def test_the_manager_is_told(self):
        for name in (self.path("notify"), "@sluice-" + os.path.basename(self.root)):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind("\0" + name[1:] if name[0] == "@" else name)
                manager.settimeout(WAIT)
                process = subprocess.Popen([PROGRAM, "serve", "--dir", self.folder, "--http", "127.0.0.1:0"], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": name})
                try:
                    self.assertEqual(manager.recv(100), b"READY=1")
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(manager.recv(100), b"STOPPING=1")
                    self.assertEqual(process.wait(WAIT), 0)
                finally:
                    process.kill()
                    process.wait()


if __name__ == "__main__":
    unittest.main()

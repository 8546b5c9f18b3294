#!/usr/bin/env python3
"""Makes the man page and the completions: make_documents.py PROGRAM FOLDER. All of it is from the program's --help."""
import os
import pathlib
import re
import subprocess
import sys

# What the value of a flag may be, where that is not any text: a folder, a file, or one of some words.
VALUES = {
    "dir": "folder", "folder": "folder", "publicDir": "folder", "mail-dir": "folder",
    "tls-cert": "file", "tls-key": "file", "log-file": "file",
    "log-level": ["debug", "info", "warn", "error", "off"], "log-format": ["text", "json"],
    "sync": ["normal", "full"], "indexFallback": ["true", "false"], "probeDelay": ["true", "false"],
}
FLAG = re.compile(r"  (?:-(?P<short>\w) \[ )?--(?P<name>[\w-]+)(?: \])?(?P<value> arg)?(?: \(=(?P<default>[^)]*)\))?(?:\s+(?P<text>\S.*))?$")
ACTION = re.compile(r"  (?P<name>[a-z]+)\b.*?(?:\s{2,}(?P<text>\S.*))?$")


def help_of(program, *arguments):
    return subprocess.run([program, *arguments, "--help"], check=True, capture_output=True, text=True).stdout


class Command:
    """A command as its --help describes it."""

    def __init__(self, name, summary, text):
        self.name, self.summary = name, summary
        head, _, flags = text.partition("\nFlags:\n")
        usage, _, about = head.partition("\n\n")
        self.usage, self.about = usage.removeprefix("usage: ").strip(), about.strip("\n")
        self.actions = [(found["name"], found["text"] or "") for line in self.about.split("\n")
                        if (found := ACTION.match(line)) and found["name"] != "sluice"]  # else an example
        self.flags = []  # name, short, takes a value, default, text
        for line in flags.split("\n"):
            if found := FLAG.match(line):
                self.flags.append([found["name"], found["short"], bool(found["value"]), found["default"], found["text"] or ""])
            elif line.strip() and self.flags:
                self.flags[-1][4] = re.sub(r"\s+", " ", f"{self.flags[-1][4]} {line.strip()}").strip()
        # Names of words without dashes, which stand in the usage line.
        self.flags = [flag for flag in self.flags if flag[0] not in ("action", "values", "domain")]


def read_commands(program):
    top = help_of(program)
    listed = re.findall(r"^  (\w+) +(\S.*)$", top.partition("Commands:\n")[2].partition("\n\n")[0], re.MULTILINE)
    return [Command(name, summary, help_of(program, name)) for name, summary in listed]


def roff(text):
    """Text for roff: no request at the start of a line, dashes as they are typed."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def man_page(commands, version):
    out = [f'.TH SLUICE 1 "" "{roff(version)}" "User Commands"', ".SH NAME",
           "sluice \\- answers PocketBase's API from its data folder", ".SH SYNOPSIS"]
    for command in commands:
        out += [".nf" if command is commands[0] else ".sp 0", f"\\fB{roff(command.usage)}\\fR"]
    out += [".fi", ".SH COMMANDS"]
    for command in commands:
        out += [f".SS sluice {command.name}", roff(command.summary[0].upper() + command.summary[1:]) + ".", ".PP", ".nf",
                roff(command.about), ".fi"]
        for name, short, value, default, text in command.flags:
            short = f"\\fB\\-{short}\\fR, " if short else ""
            argument = f" \\fI{roff(name.split('-')[-1]).upper()}\\fR" if value else ""
            default = f" Default: {roff(default)}." if default else ""
            out += [".TP", f"{short}\\fB\\-\\-{roff(name)}\\fR{argument}", roff(text) + "." + default]
    out += [".SH EXIT STATUS", "0 done, 1 failed, 2 used wrongly.", ".SH SIGNALS",
            "\\fBsluice serve\\fR ends on SIGTERM and SIGINT after requests in progress were answered. With \\fB\\-\\-https\\fR or "
            "\\fB\\-\\-log\\-file\\fR, SIGHUP has it read the certificate again and open the log file anew."]
    return "\n".join(out) + "\n"


def words_of(command):
    """Flags as they are typed."""
    return " ".join(f"--{flag[0]}" for flag in command.flags)


def bash(commands):
    cases = []
    for command in commands:
        actions = " ".join(name for name, _ in command.actions)
        cases.append(f"    {command.name}) flags='{words_of(command)}' actions='{actions}' ;;")
    values = []
    for name, kind in VALUES.items():
        reply = {"folder": "compgen -d", "file": "compgen -f"}.get(kind if isinstance(kind, str) else "") or f"compgen -W '{' '.join(kind)}'"
        values.append(f"    --{name}) mapfile -t COMPREPLY < <({reply} -- \"$word\"); return ;;")
    takes = sorted({f"--{flag[0]}" for command in commands for flag in command.flags if flag[2]} - {f"--{name}" for name in VALUES})
    return f"""# bash completion for sluice
_sluice() {{
  local word=$2 before=$3 flags='' actions=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '{" ".join(command.name for command in commands)} --help --version' -- "$word")
    return
  fi
  case $before in
{chr(10).join(values)}
    {"|".join(takes)}) return ;;
  esac
  case ${{COMP_WORDS[1]}} in
{chr(10).join(cases)}
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word")
  elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$actions" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$actions" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}}
complete -o filenames -F _sluice sluice
"""


def quoted(text):
    """For a pair of single quotes of zsh and fish, and for descriptions in brackets."""
    return text.replace("\\", "").replace("'", "’").replace("[", "(").replace("]", ")").replace(":", " -")


def zsh(commands):
    lines = ["#compdef sluice", "_sluice() {", "  local -a commands", "  commands=("]
    lines += [f"    '{command.name}:{quoted(command.summary)}'" for command in commands]
    lines += ["  )", "  if (( CURRENT == 2 )); then", "    _describe command commands", "    return", "  fi", "  local command=$words[2]",
              "  shift words", "  (( CURRENT-- ))", "  case $command in"]
    for command in commands:
        lines.append(f"    {command.name}) _arguments \\")
        for name, _, value, _, text in command.flags:
            kind = VALUES.get(name)
            action = {"folder": "_files -/", "file": "_files"}.get(kind if isinstance(kind, str) else "", f"({' '.join(kind or [])})")
            lines.append(f"      '--{name}[{quoted(text)}]{f':{name}:{action if kind else chr(32)}' if value else ''}' \\")
        actions = " ".join(name for name, _ in command.actions)
        lines.append(f"      '1:action:({actions})' '*:file:_files' ;;" if actions else "      '*:file:_files' ;;")
    lines += ["  esac", "}", "_sluice \"$@\""]
    return "\n".join(lines) + "\n"


def fish(commands):
    lines = ["# fish completion for sluice", "complete -c sluice -f"]
    for command in commands:
        lines.append(f"complete -c sluice -n __fish_use_subcommand -a {command.name} -d '{quoted(command.summary)}'")
    for command in commands:
        where = f"complete -c sluice -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{where} -a {name} -d '{quoted(text)}'" for name, text in command.actions]
        for name, _, value, _, text in command.flags:
            kind = VALUES.get(name)
            how = " -x" if value else ""
            if kind == "file":
                how = " -r -F"
            elif kind == "folder":
                how = " -x -a '(__fish_complete_directories)'"
            elif kind:
                how = f" -x -a '{' '.join(kind)}'"
            lines.append(f"{where} -l {name}{how} -d '{quoted(text)}'")
    return "\n".join(lines) + "\n"


def main(program, folder):
    commands = read_commands(program)
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split(" (")[0]
    if not commands or not all(command.flags for command in commands):
        sys.exit("make_documents.py: --help is not as expected")
    folder = pathlib.Path(folder)
    os.makedirs(folder, exist_ok=True)
    for name, text in (("sluice.1", man_page(commands, version)), ("sluice.bash", bash(commands)), ("_sluice", zsh(commands)),
                       ("sluice.fish", fish(commands))):
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

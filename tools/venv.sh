#!/bin/sh
# Make .venv ready: tools/venv.sh run|dev.   Called by the Makefile; needs nothing but sh and Python 3.11 or newer.
#   run  what microcred itself needs         dev  also what the tests and the checks need
# A stamp that is newer than pyproject.toml says that nothing is left to do.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)

say() { printf 'microcred: %s\n' "$1" >&2; }
stop() {
    for line in "$@"; do say "$line"; done
    exit 1
}

case ${1-} in
    run) what=. duration='about 20 seconds' ;;
    dev) what='.[test,dev]' duration='about a minute' ;;
    *) stop "usage: tools/venv.sh run|dev" ;;
esac
stamp=.venv/.ready-$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# A folder that was moved or copied has scripts that name the Python of the old place.
usable() { grep -qF "$here/.venv" .venv/pyvenv.cfg 2>/dev/null && new_enough .venv/bin/python; }

find_python() {
    for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if new_enough "$name"; then
            python=$name
            return
        fi
    done
    stop "Python 3.11 or newer is needed; this machine has $(python3 --version 2>/dev/null || echo 'no Python 3')." \
        "Install a newer Python, or name one: make PYTHON=/path/to/python3 ..."
}

make_venv() {
    find_python
    version=$("$python" --version)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || stop \
        "$version cannot make virtual environments: its modules venv and ensurepip are missing." \
        "On Debian and Ubuntu this installs them: apt-get install python3-venv"
    say "making .venv with $version"
    "$python" -m venv --clear .venv || stop "The virtual environment could not be made; Python says why above."
}

usable || make_venv
if [ "$stamp" -nt pyproject.toml ]; then exit; fi
say "installing packages ($duration the first time)"
.venv/bin/python -m pip install -qq --disable-pip-version-check --editable "$what" || stop \
    "The packages could not be installed; pip says why above. The same command again goes on from there."
touch "$stamp"

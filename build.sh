#!/bin/sh
# Runs a task of build.ps1 in the project's own shell, so that a machine needs nothing but the .NET SDK. Alone: lists the tasks.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
shell=$root/output/shell

if ! command -v dotnet >/dev/null 2>&1; then
    for folder in "${DOTNET_ROOT:-}" "$HOME/.dotnet" /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet; do
        if [ -x "$folder/dotnet" ]; then PATH=$folder:$PATH; fi
    done
fi

if ! command -v dotnet >/dev/null 2>&1 || ! dotnet --list-sdks 2>/dev/null | grep -Eq '^[1-9][0-9]+\.'; then
    echo 'build.sh needs the .NET SDK 10 or later, and did not find it. Get it from https://dotnet.microsoft.com/download, or put its folder on the PATH.' >&2
    exit 69
fi

# Built apart from the solution: what runs is never what a task is building.
sources() { find "$root/src/Tenants.Shell" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/Tenants.psd1" \
    \( -name obj -o -name bin \) -prune -o -type f -newer "$shell/built" -print; }
if [ ! -f "$shell/built" ] || [ -n "$(sources)" ]; then
    echo 'Building the shell that runs build.ps1 ...' >&2
    if ! log=$(dotnet build "$root/src/Tenants.Shell" --configuration Release --output "$shell" --nologo --verbosity quiet 2>&1); then
        printf '%s\n' "$log" >&2
        exit 1
    fi
    touch "$shell/built"
fi

# "shell" without a script goes on to a prompt.
stay=
if [ $# -eq 1 ] && [ "$(printf %s "$1" | tr '[:upper:]' '[:lower:]')" = shell ]; then stay=-NoExit; fi

exec dotnet "$shell/Tenants.Shell.dll" $stay -File "$root/build.ps1" "$@"

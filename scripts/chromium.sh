#!/bin/sh
# Gets Chromium where that takes no more than asking the system for it. Never fails: the tests say what they miss.
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit 0
done
[ -n "$CHROMIUM" ] || [ -e "/Applications/Google Chrome.app" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Chromium for the browser tests ..." >&2
    log=$(mktemp)
    if (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium) >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -5 "$log" >&2
fi
echo "No Chromium: the browser tests will skip (with CI=1: fail). Install it, or name one: CHROMIUM=/path/to/chrome make test" >&2
exit 0

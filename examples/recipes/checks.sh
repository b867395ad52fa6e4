# Sourced by the recipes here: the tools they need, how a step says and checks what it did, and where they work: REGION,
# ACCOUNT, and a SUFFIX of its own for the names of each run.
for tool in aws curl python3; do
  command -v "$tool" >/dev/null || { echo "This needs $tool." >&2; exit 2; }
done

STEP="preparation"
say() { STEP=$1; printf '\n== %s\n' "$1"; }
fail() { printf 'FAILED in "%s": %s\n' "$STEP" "$1" >&2; exit 1; }
expect() { # expect WHAT GOT WANTED
  [ "$2" = "$3" ] || fail "$1 is '$2', expected '$3'"
  printf 'ok: %s is %s\n' "$1" "$2"
}
between() { # between WHAT GOT LOW HIGH
  [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || fail "$1 is $2, expected $3 to $4"
  printf 'ok: %s is %s (%s to %s)\n' "$1" "$2" "$3" "$4"
}
until_true() { # until_true WHAT SECONDS COMMAND... : polls every second
  local what=$1 seconds=$2 start=$SECONDS
  shift 2
  until "$@"; do
    [ $((SECONDS - start)) -lt "$seconds" ] || fail "$what did not happen within $seconds seconds"
    sleep 1
  done
  printf 'ok: %s (after %s s)\n' "$what" $((SECONDS - start))
}

export AWS_PAGER=""
REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$REGION" ] || fail "no region: set AWS_REGION"
export AWS_REGION=$REGION AWS_DEFAULT_REGION=$REGION
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
SUFFIX=$(aws secretsmanager get-random-password --exclude-punctuation --exclude-uppercase \
  --password-length 6 --require-each-included-type --output text --query RandomPassword)

#!/usr/bin/env bash
# Two people, one message, nothing but curl: register, read the code from the development outbox, sign in, send, read.
# usage: rest.sh [http://127.0.0.1:8080 [data directory of the server]]
set -euo pipefail
stop() { echo "rest.sh: $1" >&2; exit 1; }
url=${1:-http://127.0.0.1:8080}
# Mail holds codes: the server shows it to those who can read this file.
mail_key=${2:-$(dirname "$0")/../chatr-data}/mail.key
[[ -r $mail_key ]] || stop "there is no $mail_key: is the server running, in development, on that data directory?"
api=$url/api
tag=$(date +%s)$RANDOM
password="Correct-horse-$tag"

# field NAME reads JSON from standard input: python3 is there anyway on a machine that runs chatr, and of whatever version:
# it looks at no variable (-I) that was set for another. Without an answer curl has said why; an error is shown as it is.
field() { python3 -I -c '
import json, sys
answer = sys.stdin.read() or sys.exit(1)
print(json.loads(answer).get(sys.argv[1]) or sys.exit(f"rest.sh: {answer}"))' "$1"; }
post() { curl --silent --show-error --fail-with-body --header 'Content-Type: application/json' "$@"; }

register() { # register NAME -> user id
    post "$api/auth/register" --data "{\"username\": \"$1\", \"email\": \"$1@example.org\", \"password\": \"$password\"}" |
        field userId
}

code() { # code NAME -> the code in the newest mail to that person
    curl --silent --show-error --fail --header "Authorization: Bearer $(<"$mail_key")" "$url/dev/mail.json" | python3 -I -c '
import json, re, sys
answer = sys.stdin.read() or sys.exit(1)
mails = [mail for mail in json.loads(answer)["items"] if mail["to"] == sys.argv[1]]
print(re.search(r"\b[0-9]{6}\b", mails[0]["text"])[0])' "$1@example.org"
}

sign_in() { # sign_in NAME -> access token
    post "$api/auth/login" --data "{\"login\": \"$1\", \"password\": \"$password\"}" | field accessToken
}

ann=ann${tag: -12} ben=ben${tag: -12}
ann_id=$(register "$ann")
ben_id=$(register "$ben")
post "$api/auth/verify-email" --data "{\"userId\": \"$ann_id\", \"code\": \"$(code "$ann")\"}" >/dev/null
post "$api/auth/verify-email" --data "{\"userId\": \"$ben_id\", \"code\": \"$(code "$ben")\"}" >/dev/null
ann_token=$(sign_in "$ann")
ben_token=$(sign_in "$ben")

# The client chooses the message's clientId: repeating the request with it can't send the message twice.
client_id=$(python3 -I -c 'import uuid; print(uuid.uuid4())')
for _ in first repeated; do
    post "$api/messages" --header "Authorization: Bearer $ann_token" --header "Idempotency-Key: $client_id" \
        --data "{\"recipientId\": \"$ben_id\", \"content\": \"Hello from curl\"}" >/dev/null
done

echo "@$ben reads:"
curl --silent --show-error --fail-with-body --header "Authorization: Bearer $ben_token" \
    "$api/messages/history?otherUserId=$ann_id" | python3 -I -c '
import json, sys
for message in json.load(sys.stdin)["items"]:
    print(message["seq"], message["sender"]["username"] + ":", message["content"])'

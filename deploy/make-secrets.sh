#!/bin/sh
# Make the passwords of the database at the first start, and keep them. Each file is for the one who needs it.
set -eu
umask 077
folder=${SECRETS_FOLDER:-/secrets}

# put FILE OWNER MODE: what comes in, whole or not at all.
put() {
    cat > "$folder/$1.new"
    chmod "$3" "$folder/$1.new"
    chown "$2" "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
}

# 192 random bits, of letters that need no quoting in a URL, in SQL or in a password file.
password() {
    head -c 24 /dev/urandom | base64 | tr '+/' '-_'
}

for name in superuser flights; do
    [ -s "$folder/$name" ] || password | put "$name" ":${DATABASE_GROUP:-postgres}" 440
done
# In libpq's format, which the driver takes only if others may not read it.
printf 'timescaledb:5432:flights:flights:%s\n' "$(cat "$folder/flights")" | put pgpass "${SERVICE_USER:-10001}" 400

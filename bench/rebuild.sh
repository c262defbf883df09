#!/usr/bin/env bash
# Rebuilding all views of N redemptions, beside one pass over the same log and beside PostgreSQL
# grouping equal rows. usage: bench/rebuild.sh [N] [DIR]   (20,000,000; a directory that is removed)
set -euo pipefail
n=${1:-20000000}
scratch=${2:-$(mktemp -d /tmp/spate-rebuild.XXXXXX)}
bench=${BUILD:-build/release}/rebuild_bench
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
mkdir -p "$scratch"

"$bench" --outcomes "$n" --data "$scratch/data"       # makes the log at the first time
[ -n "$postgres" ] || { echo "no PostgreSQL here: apt-get install postgresql"; exit 0; }

as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }
sql() { psql -q -v ON_ERROR_STOP=1 -h "$scratch/pg" -U postgres -d postgres "$@"; }
mkdir -p "$scratch/pg"; chmod 755 "$scratch"
[ "$(id -u)" = 0 ] && chown postgres "$scratch/pg"
as_postgres "$postgres/initdb" -D "$scratch/pg/data" -U postgres -A trust >/dev/null
# Everything that lets it be fast: memory, nothing logged, nothing synced.
as_postgres "$postgres/pg_ctl" -w -s -D "$scratch/pg/data" -l "$scratch/pg/log" start -o "-c listen_addresses= \
  -c unix_socket_directories=$scratch/pg -c shared_buffers=2GB -c work_mem=2GB -c fsync=off \
  -c maintenance_work_mem=1GB -c max_wal_size=8GB -c autovacuum=off -c jit=off"
trap 'as_postgres "$postgres/pg_ctl" -m immediate -s -D "$scratch/pg/data" stop' EXIT
sql -c "CREATE UNLOGGED TABLE redeemed (campaign text, claimant text, quantity int8, remaining int8, serial int8, at int8);
  CREATE UNLOGGED TABLE claims (campaign text, claimant text, quantity int8, first_serial int8, first_at int8,
    PRIMARY KEY (campaign, claimant));
  CREATE UNLOGGED TABLE campaigns (campaign text PRIMARY KEY, redeemed int8, remaining int8, claimants int8,
    first_at int8, last_at int8, version int8);"
"$bench" --outcomes "$n" --rows | sql -c "COPY redeemed FROM STDIN"
sql -c "ANALYZE redeemed"
began=$(date +%s.%N)
sql -c "INSERT INTO claims SELECT campaign, claimant, sum(quantity), min(serial), min(at) FROM redeemed GROUP BY campaign, claimant"
claims=$(date +%s.%N)
sql -c "INSERT INTO campaigns SELECT r.campaign, r.redeemed, r.remaining, c.claimants, r.first_at, r.last_at, r.version FROM
  (SELECT campaign, sum(quantity) redeemed, min(remaining) remaining, min(at) first_at, max(at) last_at, count(*) + 1 version
   FROM redeemed GROUP BY campaign) r JOIN (SELECT campaign, count(*) claimants FROM claims GROUP BY campaign) c USING (campaign)"
ended=$(date +%s.%N)
awk -v n="$n" -v a="$began" -v b="$claims" -v c="$ended" 'BEGIN {
  printf "PostgreSQL, claims alone       %9.0f rows/s\nPostgreSQL, claims and campaigns %7.0f rows/s\n", n/(b-a), n/(c-a) }'
[ "$(sql -Atc "SELECT sum(redeemed) FROM campaigns")" = "$n" ]

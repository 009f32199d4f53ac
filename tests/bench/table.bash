# The table of tests/bench/run, and the arithmetic behind it.

# median [COLUMN] <FILE, and the value that a share of all lies below: share 0.9 [COLUMN] <FILE
median() { share 0.5 "${1:-1}"; }
share() {
  awk -v column="${2:-1}" '{ print $column }' | sort -g |
    awk -v share="$1" '{ value[NR] = $1 }
      END {
        at = 1 + (NR - 1) * share
        low = int(at)
        high = low < NR ? low + 1 : low
        print value[low] + (value[high] - value[low]) * (at - low)
      }'
}

at_most() { awk -v value="$1" -v limit="$2" 'BEGIN { exit !(value <= limit) }'; }
divided() { awk -v value="$1" -v by="$2" 'BEGIN { printf "%.2f", value / by }'; }
seconds() { awk -v ms="$1" 'BEGIN { printf "%.2f s", ms / 1000 }'; }

start_table() {
  table=$folder/table
  : >"$table"
}

# row WHAT MEASURED TARGET VALUE LIMIT: met when VALUE is at most LIMIT. Without both: told only.
row() {
  local met=-
  if [ -n "${4:-}" ]; then
    met=yes
    at_most "$4" "$5" || met=NO
  fi
  printf '%s|%s|%s|%s\n' "$1" "$2" "$3" "$met" >>"$table"
  echo "  $1: $2" >&2
}

end_table() {
  echo
  echo "$("$SEGUE" version | sed -n 1p), $(nproc) cores, Linux $(uname -r)," \
    "load before $load_before, after $(cut -d ' ' -f 1-3 /proc/loadavg)"
  echo
  awk -F '|' 'BEGIN { print "| what | measured | target | met |"; print "|---|---|---|---|" }
    { printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }' "$table"
}

# --- process start -------------------------------------------------------------------------------

measure_start() {
  local figures=$folder/start number
  for number in $(seq 50); do "$output/measure" "$figures" "$SEGUE" version >/dev/null; done
  local wall memory
  wall=$(median 1 <"$figures")
  memory=$(sort -gk 3 "$figures" | tail -n 1 | cut -d ' ' -f 3)
  row "process start, median of 50" "$wall ms" "10 ms" "$wall" 10
  row "process start, peak memory" "$memory MiB" "10 MiB" "$memory" 10
}

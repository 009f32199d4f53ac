# A deploy.yml as large as they come: 500 services, each on 10 of 1,000 hosts, every one with a
# route, a health check, ports, a volume and an environment.

# large_deploy_yml: prints it.
large_deploy_yml() {
  awk 'BEGIN {
    print "project: large\nenvironment:\n  clear: {LOG_LEVEL: info, DOMAIN: example.com}\nservers:"
    for (i = 0; i < 1000; i++) printf "  host-%d: {host: 10.0.%d.%d, user: deploy}\n", i, i / 250, i % 250 + 1
    print "services:"
    for (i = 0; i < 500; i++) {
      printf "  service-%d:\n    image: registry.example.com/team/service-%d:${VERSION}\n    hosts:\n", i, i
      for (j = 0; j < 10; j++) printf "      - host-%d\n", (i * 37 + j * 101) % 1000
      printf "    replicas: 2\n    volumes: [\"data:/var/lib/data\"]\n    ports: [\"%d\"]\n", 3000 + i
      printf "    environment: {clear: {PORT: \"%d\", URL: \"https://s%d.${DOMAIN}\"}, secrets: [TOKEN]}\n", 3000 + i, i
      printf "    proxy:\n      app_port: %d\n      host: s%d.${DOMAIN}\n      healthcheck: {path: /up, interval: 2s}\n", 3000 + i, i
      if (i > 0) printf "    depends_on: [service-%d]\n", i - 1
    }
  }'
}

measure_validate() {
  local figures=$folder/validate project=$folder/large number
  mkdir -p "$project"
  large_deploy_yml >"$project/deploy.yml"
  echo TOKEN=secret >"$project/.env"
  for number in $(seq 20); do
    "$output/measure" "$figures" "$SEGUE" config validate -c "$project/deploy.yml" >/dev/null
  done
  local wall memory
  wall=$(median 1 <"$figures")
  memory=$(sort -gk 3 "$figures" | tail -n 1 | cut -d ' ' -f 3)
  row "config validate, 500 services on 10 of 1,000 hosts each, median of 20" "$wall ms" "150 ms" "$wall" 150
  row "config validate, peak memory" "$memory MiB" "64 MiB" "$memory" 64
}

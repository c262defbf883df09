# The Debian packages of the Kafka tests: a second list, installed only by the scripts of tests/kafka.
# Usage: . deploy/packages.sh; . deploy/kafka_packages.sh; install_packages_of "$KAFKA_PACKAGES"

# A broker: tests/kafka/broker.
KAFKA_PACKAGES="openjdk-17-jre-headless maven ca-certificates"
# The clients that judge it, besides: tests/kafka/run, deploy/examples/producers.
KAFKA_CLIENT_PACKAGES="openjdk-17-jdk-headless kcat jq curl python3-venv flatbuffers-compiler"
# Certificates of the listeners: tests/kafka/broker up --tls.
KAFKA_TLS_PACKAGES="openssl"

# The same way of installing, for another list.
install_packages_of() {
  local SPATE_PACKAGES=$1
  install_packages
}

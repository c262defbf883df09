// A flag that is not given leaves the setting to the environment or the file.
#include "engine/cli/server_flags.hpp"

#include <ostream>

namespace spate::cli {

std::vector<Option> ServerFlags::options() {
  return {{"--data", &data_, "Directory of the log, the rows and the views; made when missing"},
          {"--listen", &listen_, "HOST:PORT; port 0 takes a free one (127.0.0.1:8080)"},
          {"--config", &config_, "YAML file of settings; else SPATE_CONFIG"},
          {"--partitions", &partitions_, "Of each domain, fixed when DIR is made (topics.yaml: 8)"},
          {"--memory", &memory_, "All that caches and queues may take (2GiB)"},
          {"--topics", &topics_, "Another topics.yaml than the one built in"},
          {"--kafka", &kafka_, "HOST:PORT,… of Apache Kafka, to keep the log there instead of DIR"},
          {"--cluster-listen", &cluster_listen_,
           "HOST:PORT where other nodes of the log on Kafka reach this one (127.0.0.1:0)"},
          {"--cluster-advertise", &cluster_advertise_,
           "HOST:PORT that they are told (as --cluster-listen)"},
          {"--standby", &standby_,
           "N other nodes, at least, that keep a partition's rows folded; 0: none (1)"},
          {"--checkpoints", &checkpoints_,
           "DIR that all nodes see: checkpoints are shipped there, a new node begins with one"},
          {"--scan-interval", &scan_interval_,
           "Stored rows and views are held against their recorded digests so often; 0: when asked (24h)"},
          {"--insecure-dev", &insecure_dev_, "No authentication; any address may be bound"},
          {"--confirm-clock", &confirm_clock_,
           "The clock is right although it is far from the log's last stamp"}};
}

Result<LoadedConfig> ServerFlags::load(Console& console) const {
  ConfigInputs inputs;
  inputs.environment = process_environment();
  const auto variable = inputs.environment.find("SPATE_CONFIG");
  inputs.file =
      !config_.empty() || variable == inputs.environment.end() ? config_ : variable->second;
  const std::pair<const char*, const std::string*> given[] = {
      {"data", &data_}, {"listen", &listen_}, {"partitions", &partitions_}, {"memory", &memory_},
      {"topics", &topics_}, {"kafka.brokers", &kafka_},
      {"cluster.listen", &cluster_listen_}, {"cluster.advertise", &cluster_advertise_},
      {"cluster.standby", &standby_}, {"checkpoints.directory", &checkpoints_},
      {"scan.interval", &scan_interval_}};
  for (const auto& [name, value] : given)
    if (!value->empty()) inputs.flags.emplace_back(name, *value);
  if (partitions_ == "0")
    return stop("config_invalid", "--partitions 0: give 1..1024, or leave it out for topics.yaml's");
  if (insecure_dev_) inputs.flags.emplace_back("insecure_dev", "true");
  if (confirm_clock_) inputs.flags.emplace_back("confirm_clock", "true");
  TRY(LoadedConfig loaded, load_config(inputs));
  for (const std::string& warning : loaded.warnings) console.err << "warning: " << warning << "\n";
  return loaded;
}

}  // namespace spate::cli

// The Kafka Streams application of bench/kafka/compare: exactly_once_v2, rows in RocksDB.
//
//   java -cp 'classes:jars/*' RedemptionsApp BOOTSTRAP STATE_FOLDER COMMANDS OUTCOMES [NAME=VALUE…]
//
// NAME=VALUE are settings of Kafka Streams that go before those below. Two are ours: `caching=true`, and
// `views=true`, which keeps what others read, too: a campaign's view and the list of its claims.
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;

public final class RedemptionsApp {
  /** One block cache for all stores, and memtables that hold more than one commit. */
  public static final class Rocks implements RocksDBConfigSetter {
    private static final LRUCache CACHE = new LRUCache(512L << 20);

    @Override
    public void setConfig(String store, Options options, Map<String, Object> configs) {
      var table = (BlockBasedTableConfig) options.tableFormatConfig();
      table.setBlockCache(CACHE);  // the Bloom filter that Streams sets stays
      options.setTableFormatConfig(table);
      options.setWriteBufferSize(64L << 20);
    }

    @Override
    public void close(String store, Options options) {}
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> rows(String name, boolean caching) {
    var store = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.Bytes(),
        Serdes.ByteArray());
    return caching ? store.withCachingEnabled() : store.withCachingDisabled();
  }

  private static Topology topology(String commands, String outcomes, boolean caching,
      boolean views) {
    var bytes = Serdes.ByteArray();
    var topology = new Topology();
    topology.addSource("commands", bytes.deserializer(), bytes.deserializer(), commands);
    topology.addProcessor("redemptions", Redemptions::new, "commands");
    // The hot campaign is written once a commit. Ids and claims come once each: caching them doubled
    // the CPU of a command.
    topology.addStateStore(rows(Redemptions.CAMPAIGNS, true), "redemptions");
    topology.addStateStore(rows(Redemptions.IDS, caching), "redemptions");
    topology.addStateStore(rows(Redemptions.CLAIMS, caching), "redemptions");
    topology.addSink("outcomes", outcomes, bytes.serializer(), bytes.serializer(), "redemptions");
    if (views) {
      topology.addProcessor("views", Views::new, "redemptions");
      topology.addStateStore(rows(Views.CAMPAIGN_VIEWS, true), "views");
      topology.addStateStore(rows(Views.CLAIM_VIEWS, caching), "views");
    }
    return topology;
  }

  private static Properties settings(String bootstrap, String folder, Map<String, String> given) {
    var p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-redemptions");
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    p.put(StreamsConfig.STATE_DIR_CONFIG, folder);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);  // the default under exactly once
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, Rocks.class);
    p.put(StreamsConfig.METRICS_RECORDING_LEVEL_CONFIG, "INFO");
    // Static membership: back after a crash without waiting for the session of the dead one to end.
    p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), "bench");
    p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 4000);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
    p.put(StreamsConfig.restoreConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 20000);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L << 20);
    p.putAll(given);
    return p;
  }

  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length < 4) {
      System.err.println("usage: RedemptionsApp BOOTSTRAP STATE_FOLDER COMMANDS OUTCOMES [NAME=VALUE…]");
      System.exit(2);
    }
    var given = new HashMap<String, String>();
    for (String setting : List.of(arguments).subList(4, arguments.length)) {
      String[] parts = setting.split("=", 2);
      given.put(parts[0], parts[1]);
    }
    boolean caching = "true".equals(given.remove("caching"));
    boolean views = "true".equals(given.remove("views"));
    var ended = new CountDownLatch(1);
    var streams = new KafkaStreams(topology(arguments[2], arguments[3], caching, views),
        settings(arguments[0], arguments[1], given));
    streams.setStateListener((now, before) -> {
      System.out.printf("%d %s%n", System.currentTimeMillis(), now);
      if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) ended.countDown();
    });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    ended.await();
    System.exit(1);
  }
}

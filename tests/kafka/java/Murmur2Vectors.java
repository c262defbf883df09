// Writes the vectors of tests/kafka/murmur2_vectors.txt by Kafka's own Utils.murmur2.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;

public final class Murmur2Vectors {
  private static final String[] WORDS = {
    "campaign-42", "order:7", "Größe", "köln", "日本語", "запас", "🎟️-drop", "a", "é", "test/2026-11-24",
  };

  private static byte[] key(int index, Random random) {
    if (index < 130) {  // every length once, any byte: a tail of 0 to 3 bytes behind the words of four
      byte[] bytes = new byte[index + 1];
      random.nextBytes(bytes);
      return bytes;
    }
    String word = WORDS[index % WORDS.length];
    String name = word + "-" + (index < 500 ? index : random.nextInt(1_000_000));
    return name.repeat(1 + index % 3).getBytes(StandardCharsets.UTF_8);
  }

  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    out.print("# Vectors of Kafka's murmur2, made by tests/kafka/java/Murmur2Vectors.java from\n"
        + "# org.apache.kafka.common.utils.Utils: key in hex, murmur2 (signed, as Java prints it), and\n"
        + "# the partition of that key in a topic of 8, 64 and 1024 partitions.\n");
    Random random = new Random(42);
    for (int index = 0; index < 1000; ++index) {
      byte[] key = key(index, random);
      int hash = Utils.murmur2(key);
      int positive = Utils.toPositive(hash);
      out.printf("%s %d %d %d %d\n", HexFormat.of().formatHex(key), hash, positive % 8, positive % 64,
          positive % 1024);
    }
    out.flush();
  }
}

// Decides redemptions in Kafka Streams: what handlers/redemptions.cpp does with `open` and `redeem`.
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * One outcome a command, none for a duplicate. Rows: what was decided by id, a campaign's stock, a
 * claimant's pieces; each fixed-width, so that no object mapper is paid.
 */
final class Redemptions implements Processor<byte[], byte[], byte[], byte[]> {
  static final String IDS = "ids", CAMPAIGNS = "campaigns", CLAIMS = "claims";

  // Numbers of schemas/redemptions.fbs.
  private static final int ALREADY_OPEN = 1, UNKNOWN_CAMPAIGN = 3, CLAIMANT_LIMIT = 7, SOLD_OUT = 8;
  private static final byte ACCEPTED = 1, REJECTED = 2;
  private static final long PER_CLAIMANT_MAX = 1;

  private static final JsonFactory JSON = new JsonFactory();
  private static final RecordHeaders NO_HEADERS = new RecordHeaders();

  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<Bytes, byte[]> ids, campaigns, claims;

  // The command in hand.
  private String claimant;
  private long quantity, stock;
  // What became of it.
  private long remaining, serial;

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    ids = context.getStateStore(IDS);
    campaigns = context.getStateStore(CAMPAIGNS);
    claims = context.getStateStore(CLAIMS);
  }

  @Override
  public void process(Record<byte[], byte[]> command) {
    byte[] id = value(command.headers(), "ce_id");
    byte[] campaign = command.key();
    Bytes idRow = joined(campaign, id);
    if (ids.get(idRow) != null) return;  // decided before
    read(command.value());
    remaining = serial = 0;
    boolean opens = endsWith(value(command.headers(), "ce_type"), ".open");
    int rejection = opens ? open(Bytes.wrap(campaign)) : redeem(campaign);
    ids.put(idRow, ByteBuffer.allocate(16).putLong(rejection).putLong(serial).array());
    context.forward(new Record<>(campaign, outcome(id, rejection), command.timestamp(), NO_HEADERS));
  }

  /** The rejection, or 0. */
  private int open(Bytes campaign) {
    if (campaigns.get(campaign) != null) return ALREADY_OPEN;
    remaining = stock;
    campaigns.put(campaign, ByteBuffer.allocate(16).putLong(stock).putLong(0).array());
    return 0;
  }

  private int redeem(byte[] name) {
    Bytes campaign = Bytes.wrap(name);
    byte[] row = campaigns.get(campaign);
    if (row == null) return UNKNOWN_CAMPAIGN;
    Bytes claim = joined(name, claimant.getBytes(StandardCharsets.UTF_8));
    byte[] heldRow = claims.get(claim);
    long held = heldRow == null ? 0 : ByteBuffer.wrap(heldRow).getLong();
    if (held + quantity > PER_CLAIMANT_MAX) return CLAIMANT_LIMIT;
    ByteBuffer before = ByteBuffer.wrap(row);
    long left = before.getLong();
    if (left < quantity) return SOLD_OUT;
    remaining = left - quantity;
    serial = before.getLong() + 1;
    campaigns.put(campaign, ByteBuffer.allocate(16).putLong(remaining).putLong(serial).array());
    claims.put(claim, ByteBuffer.allocate(8).putLong(held + quantity).array());
    return 0;
  }

  /** kind, rejection (2), remaining (8), serial (8), little-endian; then id and claimant by length. */
  private byte[] outcome(byte[] id, int rejection) {
    byte[] who = claimant.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(21 + id.length + who.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(rejection == 0 ? ACCEPTED : REJECTED)
        .putShort((short) rejection)
        .putLong(remaining)
        .putLong(serial)
        .put((byte) id.length)
        .put(id)
        .put((byte) who.length)
        .put(who)
        .array();
  }

  private void read(byte[] body) {
    claimant = "";
    quantity = 1;
    stock = 0;
    try (JsonParser parser = JSON.createParser(body)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "claimant" -> claimant = parser.getText();
          case "quantity" -> quantity = parser.getLongValue();
          case "stock" -> stock = parser.getLongValue();
          default -> parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] value(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    if (header == null) throw new IllegalArgumentException("no header " + name);
    return header.value();
  }

  private static boolean endsWith(byte[] text, String end) {
    int from = text.length - end.length();
    for (int i = 0; i < end.length(); ++i)
      if (from < 0 || text[from + i] != end.charAt(i)) return false;
    return true;
  }

  static Bytes joined(byte[] a, byte[] b) {
    byte[] both = new byte[a.length + 1 + b.length];
    System.arraycopy(a, 0, both, 0, a.length);
    System.arraycopy(b, 0, both, a.length + 1, b.length);
    return Bytes.wrap(both);
  }
}

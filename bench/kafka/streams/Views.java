// Folds outcomes into what projections/redemptions.cpp keeps: a campaign's view and the list of its claims.
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * In the task that decides, so that no outcome is read back from its topic. Claims sort by campaign,
 * so a page of them is a range of the store.
 */
final class Views implements Processor<byte[], byte[], Void, Void> {
  static final String CAMPAIGN_VIEWS = "campaign-views", CLAIM_VIEWS = "claim-views";

  private static final byte ACCEPTED = 1;
  // A campaign's view: version, stock, redeemed, remaining, claimants, first and last redemption.
  private static final int VERSION = 0, STOCK = 8, REDEEMED = 16, REMAINING = 24, CLAIMANTS = 32,
      FIRST_AT = 40, LAST_AT = 48, CAMPAIGN_BYTES = 56;

  private KeyValueStore<Bytes, byte[]> campaigns, claims;

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    campaigns = context.getStateStore(CAMPAIGN_VIEWS);
    claims = context.getStateStore(CLAIM_VIEWS);
  }

  @Override
  public void process(Record<byte[], byte[]> outcome) {
    ByteBuffer fields = ByteBuffer.wrap(outcome.value()).order(ByteOrder.LITTLE_ENDIAN);
    if (fields.get() != ACCEPTED) return;
    fields.getShort();
    long remaining = fields.getLong(), serial = fields.getLong();
    fields.position(fields.position() + 1 + fields.get(fields.position()));  // the id
    byte[] claimant = new byte[fields.get()];
    fields.get(claimant);
    Bytes campaign = Bytes.wrap(outcome.key());
    if (claimant.length == 0) {
      campaigns.put(campaign,
          ByteBuffer.allocate(CAMPAIGN_BYTES).putLong(1).putLong(remaining).putLong(0).putLong(remaining).array());
      return;
    }
    byte[] stored = campaigns.get(campaign);
    ByteBuffer view = ByteBuffer.wrap(stored.clone());  // the cache keeps what it was given
    long quantity = view.getLong(REMAINING) - remaining;
    boolean isNew = addToClaim(outcome.key(), claimant, quantity, serial, outcome.timestamp());
    view.putLong(VERSION, view.getLong(VERSION) + 1);
    view.putLong(REDEEMED, view.getLong(REDEEMED) + quantity);
    view.putLong(REMAINING, remaining);
    if (isNew) view.putLong(CLAIMANTS, view.getLong(CLAIMANTS) + 1);
    if (view.getLong(FIRST_AT) == 0) view.putLong(FIRST_AT, outcome.timestamp());
    view.putLong(LAST_AT, outcome.timestamp());
    campaigns.put(campaign, view.array());
  }

  /** True when the claimant held nothing before. */
  private boolean addToClaim(byte[] campaign, byte[] claimant, long quantity, long serial, long at) {
    Bytes name = Redemptions.joined(campaign, claimant);
    byte[] stored = claims.get(name);
    if (stored != null) {
      claims.put(name, ByteBuffer.wrap(stored.clone()).putLong(0, ByteBuffer.wrap(stored).getLong() + quantity).array());
      return false;
    }
    claims.put(name, ByteBuffer.allocate(24).putLong(quantity).putLong(serial).putLong(at).array());
    return true;
  }
}

// Redeem sends a redeem command to Spate over Kafka as a CloudEvent, and waits for its outcome.
//
//	go run . [--structured] CAMPAIGN CLAIMANT [QUANTITY]
//
// Environment: BOOTSTRAP (127.0.0.1:9092), SOURCE (/shop/web), ID (a new UUID), TRACEPARENT,
// SPATE (http://127.0.0.1:8080: ask there for the outcome; unset: do not wait).
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topic     = "spate.redemptions.commands.v1"
	eventType = "redemptions.redeem" // domain.command
	wait      = 60 * time.Second
)

type event struct {
	SpecVersion string   `json:"specversion"`
	ID          string   `json:"id"`
	Source      string   `json:"source"`
	Type        string   `json:"type"`
	Time        string   `json:"time"`
	ContentType string   `json:"datacontenttype"`
	Data        *command `json:"data"`
}

type command struct {
	Claimant string `json:"claimant"`
	Quantity int64  `json:"quantity"`
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func newID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func header(name, value string) kgo.RecordHeader {
	return kgo.RecordHeader{Key: name, Value: []byte(value)}
}

// binary: attributes are headers, the value is the command itself.
func binary(e event) (*kgo.Record, error) {
	value, err := json.Marshal(e.Data)
	return &kgo.Record{Value: value, Headers: []kgo.RecordHeader{
		header("ce_specversion", e.SpecVersion), header("ce_id", e.ID), header("ce_source", e.Source),
		header("ce_type", e.Type), header("ce_time", e.Time), header("content-type", e.ContentType),
	}}, err
}

// structured: the whole event is the value.
func structured(e event) (*kgo.Record, error) {
	value, err := json.Marshal(e)
	return &kgo.Record{Value: value, Headers: []kgo.RecordHeader{
		header("content-type", "application/cloudevents+json; charset=UTF-8"),
	}}, err
}

// send is back when the record is durable. On an error send it again with the same ID.
func send(record *kgo.Record) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(environment("BOOTSTRAP", "127.0.0.1:9092"), ",")...),
		// acks=all and idempotent by default. nil: murmur2 as in Java, so a campaign has one home.
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return client.ProduceSync(ctx, record).FirstErr()
}

// outcome asks until the command is decided: 200 decided, 202 not yet.
func outcome(spate, campaign string, e event) (string, error) {
	query := url.Values{"key": {e.ID}, "source": {e.Source}}
	at := spate + "/v1/redemptions/" + url.PathEscape(campaign) + "/commands?" + query.Encode()
	for end := time.Now().Add(wait); time.Now().Before(end); {
		request, err := http.NewRequest("GET", at, nil)
		if err != nil {
			return "", err
		}
		// The server holds the answer back until there is one, so this loop does not spin.
		request.Header.Set("Prefer", "wait=10")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		switch {
		case err != nil:
			return "", err
		case answer.StatusCode == http.StatusOK:
			return string(body), nil
		case answer.StatusCode == http.StatusServiceUnavailable:
			seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
			time.Sleep(time.Duration(max(seconds, 1)) * time.Second)
		case answer.StatusCode != http.StatusAccepted:
			return "", fmt.Errorf("%s: %s %s", at, answer.Status, body)
		}
	}
	return "", fmt.Errorf("no outcome within %v; ask again later: %s", wait, at)
}

func run(arguments []string) error {
	encode := binary
	if len(arguments) > 0 && arguments[0] == "--structured" {
		encode, arguments = structured, arguments[1:]
	}
	if len(arguments) < 2 || len(arguments) > 3 {
		return fmt.Errorf("usage: go run . [--structured] CAMPAIGN CLAIMANT [QUANTITY]")
	}
	quantity := int64(1)
	if len(arguments) == 3 {
		var err error
		if quantity, err = strconv.ParseInt(arguments[2], 10, 64); err != nil {
			return err
		}
	}
	// The id is chosen once per wish: who sends it again, after any failure, uses the same id.
	e := event{"1.0", environment("ID", newID()), environment("SOURCE", "/shop/web"), eventType,
		time.Now().UTC().Format(time.RFC3339Nano), "application/json", &command{arguments[1], quantity}}
	record, err := encode(e)
	if err != nil {
		return err
	}
	record.Topic, record.Key = topic, []byte(arguments[0])
	if parent := os.Getenv("TRACEPARENT"); parent != "" {
		record.Headers = append(record.Headers, header("traceparent", parent))
	}
	if err := send(record); err != nil {
		return err
	}
	fmt.Printf("id=%s partition=%d offset=%d\n", e.ID, record.Partition, record.Offset)
	if spate := os.Getenv("SPATE"); spate != "" {
		answer, err := outcome(spate, arguments[0], e)
		if err != nil {
			return err
		}
		fmt.Println(answer)
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

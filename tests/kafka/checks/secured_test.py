"""A server whose brokers want a password, a certificate, or both."""
import pathlib
import re
import unittest

import broker_kit
import broker_settings
import confluent_kafka
import kafka_server
from served_case import ServedCase


class SecuredBrokers(ServedCase):
    options = {"sasl": True, "tls": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kafka_server.apply_topics(cls.cluster.bootstrap())
        cls.tls = cls.cluster.folder / "tls"

    def sasl(self, mechanism, password=broker_settings.SCRAM_USERS["spate"]):
        return {"sasl.mechanism": mechanism, "sasl.username": "spate", "sasl.password": password}

    def serves(self, listener, properties, environment=None):
        server = self.server(listener, properties=properties, environment=environment).start()
        sale = self.sale_on(server, clients=2)
        sale.begin()
        sale.await_answers(200)
        self.reckon(sale)
        self.assertEqual(server.stop(), 0)
        self.assertNotIn("spate-secret", server.said())

    def waits(self, listener, properties, why):
        """Not ready, alive, and it says why."""
        server = self.server(listener, properties=properties, port=kafka_server.free_port())
        server.begin()
        server.await_answer("/readyz", 503, why)
        self.assertEqual(server.asked("/livez")[0], 200)
        self.assertEqual(server.stop(), 0)

    def test_1_a_password(self):
        self.serves("SASL", {"security.protocol": "SASL_PLAINTEXT"} | self.sasl("PLAIN"))

    def test_1_a_password_that_is_not_sent(self):
        """SCRAM: by the system's librdkafka if it is new enough, else it says why not."""
        scram = {"security.protocol": "SASL_PLAINTEXT"} | self.sasl("SCRAM-SHA-256")
        code, version, _ = broker_kit.run("dpkg-query", "-W", "-f=${Version}", "librdkafka1")
        newer = {}
        if code == 0 and tuple(map(int, re.findall(r"\d+", version)[:3])) < (2, 6, 1):
            self.waits("SASL", scram, "cannot do SCRAM with Kafka 4 (mended in 2.6.1)")
            libraries = pathlib.Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
            newer = {"LD_PRELOAD": str(next(libraries.glob("librdkafka*.so*")))}
        self.serves("SASL", scram, newer)

    def test_2_a_certificate(self):
        self.serves("TLS", {"security.protocol": "SSL", "ssl.ca.location": f"{self.tls}/ca.crt",
                            "ssl.certificate.location": f"{self.tls}/client.crt",
                            "ssl.key.location": f"{self.tls}/client.key"})

    def test_3_both_and_the_topics_too(self):
        both = {"security.protocol": "SASL_SSL", "ssl.ca.location": f"{self.tls}/ca.crt"} | self.sasl("PLAIN")
        server = self.server("SASL_TLS", properties=both)
        self.assertIn("nothing to do", kafka_server.apply_topics(
            self.cluster.bootstrap("SASL_TLS"), environment=server.environment))
        self.serves("SASL_TLS", both)

    def test_4_a_wrong_password(self):
        self.waits("SASL", {"security.protocol": "SASL_PLAINTEXT"} | self.sasl("PLAIN", "wrong"), "uthentication failed")

    def test_5_a_broker_of_another_authority(self):
        self.waits("TLS", {"security.protocol": "SSL"}, "certificate")

    def test_6_no_password_where_one_is_wanted(self):
        self.waits("SASL", {}, "waiting for Kafka")


if __name__ == "__main__":
    unittest.main(failfast=True, warnings="ignore")

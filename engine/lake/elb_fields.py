"""Load balancer access logs: the fields of the tables `aws-elb_*` and `aws-nlb_*`, and the order they are logged in."""

from __future__ import annotations

import pyarrow as pa

from engine.catalog import ANY, DATE, DOUBLE, INT, IP, LONG, STRING, Field
from engine.lake.columns import REST

ALB = (
    *("type", "time", "elb", "client", "target"),
    *("request_processing_time", "target_processing_time", "response_processing_time"),
    *("elb_status_code", "target_status_code", "received_bytes", "sent_bytes", "request", "user_agent"),
    *("ssl_cipher", "ssl_protocol", "target_group_arn", "trace_id", "domain_name", "chosen_cert_arn"),
    *("matched_rule_priority", "request_creation_time", "actions_executed", "redirect_url", "error_reason"),
    *("target_port_list", "target_status_code_list", "classification", "classification_reason", "conn_trace_id"),
    *("transformed_host", "transformed_uri", "request_transform_status", "node"),
)
CLASSIC = (
    *("time", "elb", "client", "target"),
    *("request_processing_time", "target_processing_time", "response_processing_time"),
    *("elb_status_code", "target_status_code", "received_bytes", "sent_bytes", "request", "user_agent"),
    *("ssl_cipher", "ssl_protocol"),
)
NLB = (
    *("type", "version", "time", "elb", "listener", "client", "destination", "connection_time", "tls_handshake_time"),
    *("received_bytes", "sent_bytes", "incoming_tls_alert", "chosen_cert_arn", "chosen_cert_serial", "tls_cipher"),
    *("tls_protocol_version", "tls_named_group", "domain_name", "alpn_fe_protocol", "alpn_be_protocol"),
    *("alpn_client_preference_list", "tls_connection_creation_time"),
)

KEY_FIELDS = (
    Field("account_id", STRING, "The account the log was delivered for, from the name of its file."),
    Field("region", STRING, "The region of the load balancer, from the name of the file."),
)
OWN = (
    Field(REST, ANY, "Fields behind those this version knows, as a list.", hidden=True),
    Field("_object", STRING, "The file the line was read from.", hidden=True),
)
ID = Field("_id", LONG, "Number of the line, the same however often its file is read.")

ELB_FIELDS = (
    Field("_time", DATE, "When the response was sent; a classic load balancer logs when the request came."),
    ID,
    Field("type", STRING, "http, https, h2, grpcs, ws or wss; null for a classic load balancer."),
    Field("time", DATE, "The same as `_time`."),
    Field("elb", STRING, "The load balancer as logged: app/NAME/ID, or the name of a classic one."),
    Field("lb_name", STRING, "Name of the load balancer."),
    Field("lb_id", STRING, "Identifier of the load balancer; null for a classic one."),
    Field("client_ip", IP, "Address of the client, or of the proxy before the load balancer."),
    Field("client_port", INT, "Port of the client."),
    Field("target_ip", IP, "The server that answered; null when none was asked."),
    Field("target_port", INT, "Port of the server."),
    Field("request_processing_time", DOUBLE, "Seconds until the request went to the server; -1 when it never did."),
    Field("target_processing_time", DOUBLE, "Seconds until the server began to answer; -1 when it never did."),
    Field("response_processing_time", DOUBLE, "Seconds until the answer went to the client; -1 when it never did."),
    Field("elb_status_code", INT, "Status the client got; null for TCP."),
    Field("target_status_code", INT, "Status the server gave; null when it gave none."),
    Field("received_bytes", LONG, "Bytes of the request."),
    Field("sent_bytes", LONG, "Bytes of the response."),
    Field("method", STRING, "HTTP method: GET, POST, or whatever the client wrote."),
    Field("url", STRING, "Path and query of the requested URL."),
    Field("host", STRING, "Host of the requested URL, which is the Host header, in lower case."),
    Field("port", INT, "Port of the requested URL."),
    Field("scheme", STRING, "Scheme of the requested URL: http, https, ws, wss."),
    Field("path", STRING, "Path of the requested URL."),
    Field("query", STRING, "Query of the requested URL, without the question mark."),
    Field("http_version", STRING, "Protocol of the request: HTTP/1.1, HTTP/2.0."),
    Field("request", STRING, "The whole request line."),
    Field("user_agent", STRING, "The program that made the request, as it calls itself."),
    Field("ssl_cipher", STRING, "Cipher of the TLS connection."),
    Field("ssl_protocol", STRING, "Version of TLS."),
    Field("target_group_arn", STRING, "ARN of the target group."),
    Field("target_group", STRING, "Name of the target group."),
    Field("trace_id", STRING, "The X-Amzn-Trace-Id header."),
    Field("domain_name", STRING, "Name the TLS client asked for, if there is a certificate for it."),
    Field("chosen_cert_arn", STRING, "ARN of the certificate that was shown, or session-reused."),
    Field("matched_rule_priority", INT, "Priority of the rule that matched; 0 is the default one, -1 an error."),
    Field("request_creation_time", DATE, "When the request came."),
    Field("actions_executed", STRING, "What was done: waf, authenticate, redirect, fixed-response, forward."),
    Field("redirect_url", STRING, "Where the client was redirected to."),
    Field("error_reason", STRING, "Why an action failed."),
    Field("target_port_list", STRING, "Addresses and ports of the servers asked."),
    Field("target_status_code_list", STRING, "Statuses of the servers asked."),
    Field("classification", STRING, "Acceptable, Ambiguous or Severe: how far the request breaks the standard."),
    Field("classification_reason", STRING, "In what the request breaks the standard."),
    Field("conn_trace_id", STRING, "Identifier of the connection."),
    Field("transformed_host", STRING, "Host after a rule rewrote it."),
    Field("transformed_uri", STRING, "URL after a rule rewrote it."),
    Field("request_transform_status", STRING, "Whether the rewrite succeeded."),
    Field("node_ip", IP, "Address of the load balancer's node."),
    *KEY_FIELDS,
    Field("lb_kind", STRING, "alb, or classic."),
    *OWN,
)
NLB_FIELDS = (
    Field("_time", DATE, "When the connection ended."),
    ID,
    Field("type", STRING, "The listener's protocol: tls."),
    Field("version", STRING, "Version of the log format."),
    Field("time", DATE, "The same as `_time`."),
    Field("elb", STRING, "The load balancer as logged: net/NAME/ID."),
    Field("lb_name", STRING, "Name of the load balancer."),
    Field("lb_id", STRING, "Identifier of the load balancer."),
    Field("listener", STRING, "Identifier of the listener."),
    Field("client_ip", IP, "Address of the client."),
    Field("client_port", INT, "Port of the client."),
    Field("destination_ip", IP, "Address of the listener or VPC endpoint, which is not the target."),
    Field("destination_port", INT, "Port of the listener."),
    Field("connection_time", LONG, "Milliseconds the connection took."),
    Field("tls_handshake_time", LONG, "Milliseconds the TLS handshake took."),
    Field("received_bytes", LONG, "Bytes from the client, after decryption."),
    Field("sent_bytes", LONG, "Bytes to the client, before encryption."),
    Field("incoming_tls_alert", INT, "Number of the TLS alert from the client."),
    Field("chosen_cert_arn", STRING, "ARN of the certificate that was shown."),
    Field("chosen_cert_serial", STRING, "Serial number of the certificate; no longer logged."),
    Field("tls_cipher", STRING, "Cipher of the connection."),
    Field("tls_protocol_version", STRING, "Version of TLS."),
    Field("tls_named_group", STRING, "Group of the key exchange."),
    Field("domain_name", STRING, "Name the TLS client asked for."),
    Field("alpn_fe_protocol", STRING, "Protocol agreed with the client: h2, http/1.1."),
    Field("alpn_be_protocol", STRING, "Protocol agreed with the target."),
    Field("alpn_client_preference_list", STRING, "Protocols the client offered."),
    Field("tls_connection_creation_time", DATE, "When the connection began."),
    *KEY_FIELDS,
    *OWN,
)

TIMES = {"time", "request_creation_time", "tls_connection_creation_time"}
# Fields that hold an address and a port, and the columns these go to; a node has no port.
ADDRESSES: dict[str, tuple[str, str | None]] = {
    "client": ("client_ip", "client_port"),
    "target": ("target_ip", "target_port"),
    "destination": ("destination_ip", "destination_port"),
    "node": ("node_ip", None),
}
# Texts that hardly repeat. All others are held as dictionaries: less to sort, to write and to look at.
UNIQUE = frozenset({"request", "url", "path", "query", "trace_id", "conn_trace_id"})

_NUMBERS = {INT: pa.int32(), LONG: pa.int64(), DOUBLE: pa.float64(), DATE: pa.timestamp("us", "UTC")}
WORD = pa.dictionary(pa.int32(), pa.string())


def held(fields: tuple[Field, ...]) -> pa.Schema:
    """The Arrow types in which decoded columns are held until they are written."""
    return pa.schema(
        [(item.name, _NUMBERS.get(item.type, pa.string() if item.name in UNIQUE else WORD)) for item in fields]
    )


def stored(fields: tuple[Field, ...]) -> pa.Schema:
    """The Arrow types of the table."""
    return pa.schema([(item.name, _NUMBERS.get(item.type, pa.string())) for item in fields])


def numbers(fields: tuple[Field, ...]) -> frozenset[str]:
    """Columns of numbers and times of which a dictionary would save nothing."""
    return frozenset(item.name for item in fields if item.type in (LONG, DOUBLE, DATE)) | {"client_port"}

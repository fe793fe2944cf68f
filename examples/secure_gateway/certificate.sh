#!/bin/sh
# Makes a certificate for localhost, signed by itself, good for 30 days: for trying only.
set -e
cd "$(dirname "$0")"
mkdir -p tls
umask 077
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout tls/gateway.key -out tls/gateway.pem

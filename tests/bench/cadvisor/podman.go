//go:build podman

// With the handler of Podman's containers: the peer in tests/local, built with the tag so that the one of
// the benchmark stays as small as it is.
package main

import _ "github.com/google/cadvisor/container/podman/install"

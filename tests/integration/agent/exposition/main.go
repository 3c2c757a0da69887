// Reads an exposition as Prometheus does: Go's gzip reader, then Prometheus's own parser of the content
// type, over every byte. For each line on standard input, a URL, it scrapes plain and with gzip, as text
// and as OpenMetrics, and answers with a line: the numbers of series, or what is wrong. While the state
// changes the two cannot be compared; with "same URL" they must be the same.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

var formats = []string{"text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"}

// With DisableCompression the client does not touch Content-Encoding.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableCompression: true}}

func fetch(url, accept, encoding string) ([]byte, string, error) {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", encoding)
	answer, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Encoding"); answer.StatusCode != 200 || (got == "gzip") != (encoding == "gzip") {
		return nil, "", fmt.Errorf("status %d, encoding %q", answer.StatusCode, got)
	}
	body, err := io.ReadAll(answer.Body)
	return body, answer.Header.Get("Content-Type"), err
}

// One member, with the checksum and length of what it held, and nothing after it.
func unpack(packed []byte) ([]byte, error) {
	rest := bufio.NewReader(bytes.NewReader(packed))
	reader, err := gzip.NewReader(rest)
	if err != nil {
		return nil, err
	}
	reader.Multistream(false)
	body, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	if _, err := rest.ReadByte(); err != io.EOF {
		return nil, errors.New("bytes behind the gzip member")
	}
	return body, nil
}

func parse(body []byte, contentType string) (int, error) {
	parser, err := textparse.New(body, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return 0, err
	}
	seen := map[uint64]bool{}
	for {
		entry, err := parser.Next()
		if err == io.EOF {
			return len(seen), nil
		}
		if err != nil {
			return 0, err
		}
		if entry == textparse.EntrySeries {
			var series labels.Labels
			parser.Labels(&series)
			hash := series.Hash()
			if seen[hash] {
				return 0, fmt.Errorf("%s twice", series)
			}
			seen[hash] = true
		}
	}
}

func look(url string, same bool) (string, error) {
	counts := []string{}
	for _, format := range formats {
		plain, plainType, err := fetch(url, format, "identity")
		if err != nil {
			return "", err
		}
		packed, packedType, err := fetch(url, format, "gzip")
		if err != nil {
			return "", err
		}
		body, err := unpack(packed)
		if err != nil {
			return "", err
		}
		if same && (!bytes.Equal(plain, body) || plainType != packedType) {
			return "", errors.New("what gzip holds is not the plain body")
		}
		for _, text := range [][]byte{plain, body} {
			n, err := parse(text, packedType)
			if err != nil {
				return "", fmt.Errorf("%s: %w", packedType, err)
			}
			counts = append(counts, fmt.Sprint(n))
		}
	}
	return strings.Join(counts, " "), nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		url, same := strings.CutPrefix(lines.Text(), "same ")
		said, err := look(url, same)
		if err != nil {
			said = "wrong: " + err.Error()
		}
		fmt.Println(said)
	}
}

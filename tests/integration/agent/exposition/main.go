// Reads an exposition as Prometheus does: Go's gzip reader or klauspost's zstd decoder with the settings of
// Prometheus (scrape/scrape.go of 3.15 and 3.16), then Prometheus's own parser of the content type, over
// every byte. For each line on standard input, a URL, it scrapes plain, with gzip and with zstd, as text
// and as OpenMetrics, and answers with a line: the numbers of series, or what is wrong. While the state
// changes they cannot be compared; with "same URL" they must be the same. An answer that breaks off must
// not pass for a whole one. "cost URL" tells what reading the compressed bodies costs: of each coding its
// bytes and the least CPU seconds of several times.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// What Prometheus sends to get each encoding; with its flag zstd-scrape the last.
var accepts = []struct{ encoding, accept string }{{"", "identity"}, {"gzip", "gzip"}, {"zstd", "zstd,gzip"}}

var formats = []string{"text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"}

// With DisableCompression the client does not touch Content-Encoding.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableCompression: true}}

func fetch(url, accept, acceptEncoding, encoding string) ([]byte, string, error) {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", acceptEncoding)
	answer, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Encoding"); answer.StatusCode != 200 || got != encoding {
		return nil, "", fmt.Errorf("status %d, encoding %q", answer.StatusCode, got)
	}
	body, err := io.ReadAll(answer.Body)
	return body, answer.Header.Get("Content-Type"), err
}

// One member, with the checksum and length of what it held, and nothing after it.
func gunzip(packed []byte) ([]byte, error) {
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

// As Prometheus keeps them, for one scrape after the other.
var decoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))

// A body as it comes from a connection: nothing but a reader.
type stream struct{ io.Reader }

func decode(packed []byte) ([]byte, error) {
	if err := decoder.Reset(stream{bytes.NewReader(packed)}); err != nil {
		return nil, err
	}
	body := &bytes.Buffer{}
	_, err := io.Copy(body, io.LimitReader(decoder, math.MaxInt64))
	return body.Bytes(), err
}

func unpack(packed []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "gzip":
		return gunzip(packed)
	case "zstd":
		return decode(packed)
	}
	return packed, nil
}

// The lengths of the body after each of its chunks, and the body.
func chunks(address, request string) ([]int, []byte, error) {
	wire, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		return nil, nil, err
	}
	defer wire.Close()
	if _, err := io.WriteString(wire, request); err != nil {
		return nil, nil, err
	}
	reader := bufio.NewReader(wire)
	for line := ""; line != "\r\n"; {
		if line, err = reader.ReadString('\n'); err != nil {
			return nil, nil, err
		}
	}
	ends, body := []int{}, []byte{}
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return nil, nil, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil || n == 0 {
			return ends, body, err
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(reader, chunk); err != nil {
			return nil, nil, err
		}
		body = append(body, chunk[:n]...)
		ends = append(ends, len(body))
	}
}

// Where an answer can break off, behind one of its chunks, Prometheus must not hear its end.
func breaks(url, accept, encoding string) error {
	address, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	ends, body, err := chunks(address, fmt.Sprintf("GET /%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+
		"Accept-Encoding: %s\r\n\r\n", path, accept))
	if err != nil {
		return err
	}
	for i, end := range ends {
		if _, err := unpack(body[:end], encoding); (err == nil) != (i == len(ends)-1) {
			return fmt.Errorf("%d of %d bytes in chunk %d of %d: %v", end, len(body), i, len(ends), err)
		}
	}
	return nil
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
		var plain []byte
		var plainType string
		for _, as := range accepts {
			packed, contentType, err := fetch(url, format, as.accept, as.encoding)
			if err != nil {
				return "", err
			}
			body, err := unpack(packed, as.encoding)
			if err != nil {
				return "", fmt.Errorf("%s: %w", as.accept, err)
			}
			if as.encoding == "" {
				plain, plainType = body, contentType
			}
			if same && (!bytes.Equal(plain, body) || plainType != contentType) {
				return "", fmt.Errorf("what %s holds is not the plain body", as.encoding)
			}
			n, err := parse(body, contentType)
			if err != nil {
				return "", fmt.Errorf("%s: %w", contentType, err)
			}
			counts = append(counts, fmt.Sprint(n))
		}
	}
	for _, as := range accepts[1:] {
		if err := breaks(url, as.accept, as.encoding); err != nil {
			return "", fmt.Errorf("%s: %w", as.accept, err)
		}
	}
	return strings.Join(counts, " "), nil
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

// The time to read a body as Prometheus does, into memory that is there already.
func timeOf(packed []byte, encoding string, into *bytes.Buffer) (float64, error) {
	into.Reset()
	before := cpuSeconds()
	var from io.Reader
	if encoding == "gzip" {
		reader, err := gzip.NewReader(bufio.NewReader(stream{bytes.NewReader(packed)}))
		if err != nil {
			return 0, err
		}
		from = reader
	} else if err := decoder.Reset(stream{bytes.NewReader(packed)}); err != nil {
		return 0, err
	} else {
		from = decoder
	}
	_, err := io.Copy(into, io.LimitReader(from, math.MaxInt64))
	return cpuSeconds() - before, err
}

func cost(url string) (string, error) {
	const rounds = 9
	said := []string{}
	bodies, least := map[string][]byte{}, map[string]float64{}
	into := &bytes.Buffer{}
	for round := 0; round < rounds; round++ {
		for _, as := range accepts[1:] {
			if round == 0 {
				packed, _, err := fetch(url, formats[0], as.accept, as.encoding)
				if err != nil {
					return "", err
				}
				bodies[as.encoding], least[as.encoding] = packed, math.MaxFloat64
			}
			took, err := timeOf(bodies[as.encoding], as.encoding, into)
			if err != nil {
				return "", err
			}
			least[as.encoding] = min(least[as.encoding], took)
		}
	}
	for _, as := range accepts[1:] {
		said = append(said, fmt.Sprintf("%s %d %.4f", as.encoding, len(bodies[as.encoding]), least[as.encoding]))
	}
	return strings.Join(said, " "), nil
}

func answer(line string) (string, error) {
	if url, found := strings.CutPrefix(line, "cost "); found {
		return cost(url)
	}
	url, same := strings.CutPrefix(line, "same ")
	return look(url, same)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		said, err := answer(lines.Text())
		if err != nil {
			said = "wrong: " + err.Error()
		}
		fmt.Println(said)
	}
}

// Command pod is the one program in the images of the test cluster: see xtask/src/cluster.rs.
//
//	pod              holds a pod's namespaces: it sleeps, and reaps processes that have lost their parent
//	pod serve        answers every request on port 8080 with the name of its pod
//	pod get URL      asks once; ends with 1 if there is no answer within a second
//	pod image FILE NAME
//	                 writes an image of nothing but itself, as an OCI archive
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) == 0:
		pause()
		return nil
	case len(words) == 1 && words[0] == "serve":
		return serve()
	case len(words) == 2 && words[0] == "get":
		return get(words[1])
	case len(words) == 3 && words[0] == "image":
		return writeImage(words[1], words[2])
	}
	return fmt.Errorf("`%v` is no command", words)
}

// pause ends by the signals with which a pod is ended.
func pause() {
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGINT, syscall.SIGTERM)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		select {
		case <-ends:
			return
		case <-children:
			reap()
		}
	}
}

// reap takes all that have ended: several signals may have come as one.
func reap() {
	for {
		if id, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); id <= 0 || err != nil {
			return
		}
	}
}

func serve() error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	return http.ListenAndServe(":8080", http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, name)
	}))
}

func get(url string) error {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

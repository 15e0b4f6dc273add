// Command compose reads compose files as docker compose does, for the checks: see xtask/src/manifests/compose.rs.
//
// Each argument is a file; together they are one project, with every profile. Files that docker compose would refuse
// end it with 1 and the reason.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("compose", version())
		return
	}
	if err := load(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func load(files []string) error {
	options, err := cli.NewProjectOptions(files, cli.WithProfiles([]string{"*"}))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(project.ServiceNames(), " "))
	return nil
}

// version is that of the module that was linked, so that a binary of an earlier one is noticed.
func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/compose-spec/compose-go/v2" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

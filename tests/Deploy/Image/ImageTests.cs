using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.Deploy.Tests.Image;

/// <summary>What `make image` makes.</summary>
public sealed class ImageTests(ImageFixture image) : IClassFixture<ImageFixture>
{
    [Fact]
    public void Built_again_it_is_the_same_to_the_byte()
    {
        Assert.Equal(ImageFixture.Sha256(image.First), ImageFixture.Sha256(image.Second));
        Assert.Equal(File.ReadAllText(image.Parts), File.ReadAllText(Path.ChangeExtension(image.Second, ".cdx.json")));
    }

    [Fact]
    public void It_is_60_MB_at_most() => Assert.InRange(new FileInfo(image.First).Length, 1, 60_000_000);

    [Fact]
    public void Its_config_says_how_it_runs_and_its_labels_where_it_comes_from()
    {
        Assert.Equal((image.Architecture, "linux"), ((string?)image.Config["architecture"], (string?)image.Config["os"]));
        Assert.Equal("/usr/bin/netagent", (string?)image.Config["config"]!["Entrypoint"]!.AsArray().Single());
        var labels = image.Config["config"]!["Labels"]!.AsObject();
        var (code, head, _) = Shell.TryRun("git", "-c", "safe.directory=*", "-C", RepositoryRoot.Path, "rev-parse", "HEAD");
        Assert.Equal(code == 0 ? head.Trim() : "unknown", (string?)labels["org.opencontainers.image.revision"]);
        Assert.All(["title", "description", "version", "created", "source", "documentation", "licenses"],
            name => Assert.NotEqual("", (string?)labels[$"org.opencontainers.image.{name}"] ?? ""));
    }

    [Fact]
    public void There_is_no_shell_in_it_nor_a_script_that_wants_one()
    {
        string[] shells = ["sh", "bash", "dash", "busybox", "perl", "python3", "mawk", "awk"];
        var files = Directory.GetFiles(image.Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });
        Assert.DoesNotContain(files, file => shells.Contains(Path.GetFileName(file)));
        Assert.DoesNotContain(files, file => IsExecutable(file) && File.OpenRead(file) is var stream && Starts(stream));

        static bool IsExecutable(string file) => File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherExecute);
        static bool Starts(FileStream stream)
        {
            using (stream)
            {
                return stream.ReadByte() == '#' && stream.ReadByte() == '!';
            }
        }
    }

    [Fact]
    public void On_a_read_only_root_the_agent_finds_its_plugins_and_both_iptables()
    {
        var answer = image.Inside("""
            within /usr/bin/netagent version
            within /usr/bin/netagent plugins || true
            within /usr/sbin/iptables-legacy-restore --version
            within /usr/sbin/ip6tables-nft-restore --version
            """);
        Assert.StartsWith("netagent ", answer, StringComparison.Ordinal);
        Assert.All(["ipvs", "masq-agent", "conntrack-tuner", "metallb-arp"], plugin => Assert.Contains($"\n{plugin} ", answer, StringComparison.Ordinal));
        Assert.Contains("(legacy)", answer, StringComparison.Ordinal);
        Assert.Contains("(nf_tables)", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_library_finds_those_that_it_needs()
    {
        var answer = image.Inside($$"""
            cd {{image.Root}}
            find usr opt -type f \( -name '*.so' -o -name '*.so.*' -o -perm -111 \) ! -name 'ld-linux*' | while read -r file; do
                within /usr/lib64/ld-linux-x86-64.so.2 --list "/$file" 2>&1 | sed "s:^:$file\: :"
            done
            """.Replace("/usr/lib64/ld-linux-x86-64.so.2", image.Architecture == "arm64" ? "/usr/lib/ld-linux-aarch64.so.1" : "/usr/lib64/ld-linux-x86-64.so.2", StringComparison.Ordinal));
        Assert.Contains("libcoreclr.so: ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("not found", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_list_of_parts_is_inside_too_and_names_every_package()
    {
        Assert.Equal(File.ReadAllText(image.Parts), File.ReadAllText(Path.Combine(image.Root, "usr/share/sbom/netagent.cdx.json")));
        var parts = JsonNode.Parse(File.ReadAllText(image.Parts))!;
        Assert.Equal("CycloneDX", (string?)parts["bomFormat"]);
        string[] names = [.. parts["components"]!.AsArray().Select(part => (string)part!["name"]!)];
        string[] debian = [.. Directory.GetFiles(Path.Combine(image.Root, "var/lib/dpkg/status.d")).Select(file => Path.GetFileName(file))];
        Assert.Contains("libssl3", debian);
        Assert.Empty(debian.Except(names));
        var notices = File.ReadLines(Path.Combine(RepositoryRoot.Path, "THIRD-PARTY-NOTICES.md"))
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]);
        Assert.Empty(notices.Except(names));
        Assert.Empty(Directory.GetDirectories(Path.Combine(image.Root, "opt/netagent/plugins")).Select(Path.GetFileName).Except(names));
    }

    [Fact]
    public void The_pods_volumes_have_their_places() => Assert.All(
        from mount in Kustomize.Overlay("", "drop-in").Container()["volumeMounts"]!.AsArray()
        let path = (string)mount["mountPath"]!
        where path.StartsWith("/etc", StringComparison.Ordinal) || path.StartsWith("/var", StringComparison.Ordinal) || path == "/tmp"
        select path,
        path => Assert.True(Directory.Exists(image.Root + path), path));
}

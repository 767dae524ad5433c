using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.Deploy.Tests.Image;

/// <summary>The image of the tree that `make build` left, built twice, and its root file system unpacked.</summary>
public sealed class ImageFixture : IAsyncLifetime
{
    private static readonly string _tree = Path.Combine(RepositoryRoot.Path, "artifacts/netagent");
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-image-").FullName;

    public string Architecture { get; } = RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>The archive.</summary>
    public string First { get; private set; } = "";

    /// <summary>The same, built again from a copy of the tree.</summary>
    public string Second { get; private set; } = "";

    /// <summary>What a container of it sees as its root.</summary>
    public string Root => Path.Combine(_folder, "root");

    /// <summary>The list of parts beside the archive.</summary>
    public string Parts => Path.ChangeExtension(First, ".cdx.json");

    /// <summary>The image's config, as runtimes read it.</summary>
    public JsonNode Config { get; private set; } = null!;

    public ValueTask InitializeAsync()
    {
        Assert.True(File.Exists(Path.Combine(_tree, "netagent")), $"{_tree}: nothing there; run `make build` first");
        First = Build("first", _tree);
        // Other times, another place, files made in another order.
        var copy = Path.Combine(_folder, "copy");
        Shell.Script($"mkdir {copy} && cd {_tree} && find . -type d | sort -r | (cd {copy} && xargs mkdir -p) && find . -type f | sort -r | xargs -I F cp F {copy}/F");
        Second = Build("second", copy);
        Unpack();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    public static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Runs commands in the image as its container would: its root read-only, /proc, /dev and /tmp the runtime's.</summary>
    public string Inside(string commands) => Shell.Run("unshare", "--mount", "--net", "sh", "-ec", $"""
        mount --bind {Root} {Root}
        mount -t proc proc {Root}/proc
        mount --bind /dev {Root}/dev
        mount -o remount,bind,ro {Root}
        mount -t tmpfs tmpfs {Root}/tmp
        within() (env -i PATH=/usr/sbin:/usr/bin /usr/sbin/chroot {Root} "$@")
        {commands}
        """);

    private string Build(string name, string tree)
    {
        var folder = Path.Combine(_folder, name);
        Shell.Run(Path.Combine(RepositoryRoot.Path, "deploy/image/build"), "--out", folder, "--tree", tree, Architecture);
        return Directory.GetFiles(folder, "*.tar").Single();
    }

    private void Unpack()
    {
        var layout = Path.Combine(_folder, "layout");
        Shell.Script($"mkdir {layout} {Root} && tar -xf {First} -C {layout}");
        JsonNode Read(string path) => JsonNode.Parse(File.ReadAllText(path))!;
        string Blob(JsonNode? descriptor)
        {
            var digest = ((string)descriptor!["digest"]!)["sha256:".Length..];
            var path = Path.Combine(layout, "blobs/sha256", digest);
            Assert.Equal(digest, Sha256(path));
            Assert.Equal((long)descriptor["size"]!, new FileInfo(path).Length);
            return path;
        }
        var manifest = Read(Blob(Read(Path.Combine(layout, "index.json"))["manifests"]!.AsArray().Single()));
        Config = Read(Blob(manifest["config"]));
        foreach (var layer in manifest["layers"]!.AsArray())
        {
            Shell.Run("tar", "-xzf", Blob(layer), "-C", Root, "--keep-directory-symlink");
        }
    }
}

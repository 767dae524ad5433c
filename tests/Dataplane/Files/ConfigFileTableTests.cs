using System.Net.Sockets;
using System.Runtime.Versioning;
using NetAgent.Contracts;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Tables;
using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests.Files;

public sealed class ConfigFileTableTests : IDisposable
{
    private const string Place = "/etc/sysctl.d/90-netagent.conf";
    private readonly TemporaryFolder _folder = new();
    private readonly ConfigFileTable _table;
    private readonly List<RowRefusal> _refusals = [];

    public ConfigFileTableTests()
    {
        _table = new(_folder.Root) { Paths = [Place] };
        Directory.CreateDirectory(Path.Join(_folder.Root, "etc/sysctl.d"));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_written_read_replaced_and_removed_and_leaves_nothing_beside_it()
    {
        Assert.Empty(_table.Read());
        Apply(RowChangeKind.Add, "a = 1\n");
        Assert.Equal(new ConfigFile(Place, "a = 1\n"), _table.Read()[Place]);
        Apply(RowChangeKind.Replace, "");
        Assert.Equal("", _table.Read()[Place].Text);
        Assert.Single(Directory.GetFiles(Path.Join(_folder.Root, "etc/sysctl.d")));
        Apply(RowChangeKind.Remove, "");
        Apply(RowChangeKind.Remove, "");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Join(_folder.Root, "etc/sysctl.d")));
        Assert.Empty(_refusals);
    }

    [Fact]
    public void Readers_see_the_old_file_whole_or_the_new_one_whole()
    {
        Apply(RowChangeKind.Add, "old");
        using var reader = File.OpenText(Path.Join(_folder.Root, Place));
        Apply(RowChangeKind.Replace, "new");
        Assert.EndsWith("\nold", reader.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal("new", Written());
    }

    [Fact]
    public void A_file_that_somebody_else_wrote_is_not_read_replaced_or_removed()
    {
        _folder.Write(Place, "net.ipv4.ip_forward = 1\n");
        Assert.Empty(_table.Read());
        Apply(RowChangeKind.Add, "x");
        Apply(RowChangeKind.Remove, "x");
        Assert.Equal(FileErrno.Eexist, Assert.Single(_refusals).Errno);
        Assert.Equal("net.ipv4.ip_forward = 1\n", _folder.Read(Place));
    }

    [Fact]
    public void A_folder_in_its_place_is_its_rows_trouble_alone()
    {
        const string other = "/etc/sysctl.d/91-other.conf";
        _table.Paths = [Place, other];
        _table.Apply([new(RowChangeKind.Add, new(other, "b = 1\n"), default)], _refusals);
        Directory.CreateDirectory(Path.Join(_folder.Root, Place));
        Assert.Equal([other], _table.Read().Keys);

        Apply(RowChangeKind.Add, "x");
        var refusal = Assert.Single(_refusals);
        Assert.Equal(FileErrno.Eisdir, refusal.Errno);
        Assert.StartsWith($"{Place}: is a folder", refusal.Reason, StringComparison.Ordinal);
        _refusals.Clear();
        Apply(RowChangeKind.Remove, "x");
        Assert.Empty(_refusals);
        Assert.True(Directory.Exists(Path.Join(_folder.Root, Place)));
        Assert.Equal([Path.Join(_folder.Root, other)], Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_pipe_or_a_socket_in_its_place_holds_nothing_up_and_stays()
    {
        var place = Path.Join(_folder.Root, Place);
        Shell.Run("mkfifo", place);
        Assert.Empty(_table.Read());
        Apply(RowChangeKind.Add, "x");
        Assert.Equal(FileErrno.Eexist, Assert.Single(_refusals).Errno);
        File.Delete(place);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(place));
        Assert.Empty(_table.Read());
        Apply(RowChangeKind.Add, "x");
        Assert.Equal([FileErrno.Eexist, FileErrno.Eexist], _refusals.Select(r => r.Errno));
    }

    [Fact]
    public void A_file_of_an_earlier_version_is_replaced()
    {
        _folder.Write(Place, "# Written by netagent, plugin conntrack-tuner (persist: true); gone when the plugin is.\na = 1\n");
        Assert.NotEqual("a = 1\n", _table.Read()[Place].Text);
        Apply(RowChangeKind.Replace, "a = 1\n");
        Assert.Empty(_refusals);
        Assert.Equal("a = 1\n", _table.Read()[Place].Text);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void It_is_readable_by_all_and_writable_by_its_owner()
    {
        Apply(RowChangeKind.Add, "x");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(Path.Join(_folder.Root, Place)));
    }

    [Fact]
    public void A_symbolic_link_is_neither_followed_nor_replaced_nor_removed()
    {
        var victim = _folder.Write("victim", "untouched");
        File.CreateSymbolicLink(Path.Join(_folder.Root, Place), victim);
        Apply(RowChangeKind.Replace, "x");
        Apply(RowChangeKind.Remove, "x");
        Assert.Equal(2, _refusals.Count);
        Assert.All(_refusals, r => Assert.Contains("is a symbolic link to", r.Reason, StringComparison.Ordinal));
        Assert.Equal("untouched", File.ReadAllText(victim));
        Assert.NotNull(new FileInfo(Path.Join(_folder.Root, Place)).LinkTarget);
    }

    [Fact]
    public void A_planted_temporary_link_is_not_written_through()
    {
        var victim = _folder.Write("victim", "untouched");
        File.CreateSymbolicLink(Path.Join(_folder.Root, "etc/sysctl.d/.90-netagent.conf.netagent"), victim);
        Apply(RowChangeKind.Add, "x");
        Assert.Empty(_refusals);
        Assert.Equal("untouched", File.ReadAllText(victim));
        Assert.Equal("x", Written());
    }

    [Theory]
    [InlineData("/no/such/folder/file", 2)]
    [InlineData("relative", 22)]
    [InlineData("/etc/../etc/passwd", 22)]
    [InlineData("/etc/sysctl.d", 21)]
    public void What_cannot_be_written_is_refused_by_name(string path, int errno)
    {
        _table.Apply([new(RowChangeKind.Add, new(path, "x"), default)], _refusals);
        var refusal = Assert.Single(_refusals);
        Assert.Equal(errno, refusal.Errno);
        Assert.StartsWith(path, refusal.Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Root, "*", SearchOption.AllDirectories));
    }

    private string Written() => _folder.Read(Place).Split('\n', 2)[1];

    private void Apply(RowChangeKind kind, string text) => _table.Apply([new(kind, new(Place, text), default)], _refusals);
}

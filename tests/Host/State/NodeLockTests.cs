using NetAgent.Host.Serving;
using NetAgent.Host.State;

namespace NetAgent.Host.Tests.State;

/// <summary>The state directory, in which root works.</summary>
public sealed class NodeLockTests : IDisposable
{
    private const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netagent-lock-");

    private string State => Path.Combine(_folder.FullName, "state");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void It_is_made_for_the_agents_user_alone_and_so_is_the_lock()
    {
        using var taken = NodeLock.TryTake(State, out _);

        Assert.Equal(OwnerReadsAndWrites | UnixFileMode.UserExecute, File.GetUnixFileMode(State));
        Assert.Equal(OwnerReadsAndWrites, File.GetUnixFileMode(Path.Combine(State, "lock")));
    }

    [Fact]
    public void A_lock_of_an_earlier_version_that_anybody_could_hold_is_closed_to_them()
    {
        Directory.CreateDirectory(State, OwnerReadsAndWrites | UnixFileMode.UserExecute);
        var path = Path.Combine(State, "lock");
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, OwnerReadsAndWrites | UnixFileMode.OtherRead);

        using var taken = NodeLock.TryTake(State, out _);

        Assert.Equal(OwnerReadsAndWrites, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("777")]
    [InlineData("1777")]
    [InlineData("775")]
    public void One_that_others_may_write_is_refused_and_nothing_is_written_there(string mode)
    {
        Directory.CreateDirectory(State);
        File.SetUnixFileMode(State, (UnixFileMode)Convert.ToInt32(mode, 8));

        var refused = Assert.Throws<IOException>(() => NodeLock.TryTake(State, out _));

        Assert.Contains($"stateDirectory {State} is not safe to work in: {State} is writable", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("chmod go-w", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(State));
    }

    [Fact]
    public void One_as_the_kubelet_makes_it_is_fine()
    {
        Directory.CreateDirectory(State);
        File.SetUnixFileMode(State, (UnixFileMode)Convert.ToInt32("755", 8));

        using var taken = NodeLock.TryTake(State, out _);

        Assert.NotNull(taken);
    }

    [Theory]
    [InlineData("drop-in")]
    [InlineData("holder")]
    [InlineData("lock")]
    public void A_link_in_it_is_refused_and_not_followed(string name)
    {
        Directory.CreateDirectory(State, OwnerReadsAndWrites | UnixFileMode.UserExecute);
        var foreign = Path.Combine(_folder.FullName, "foreign");
        File.WriteAllText(foreign, "precious");
        File.CreateSymbolicLink(Path.Combine(State, name), foreign);

        var refused = Assert.Throws<IOException>(() => NodeLock.TryTake(State, out _));

        Assert.Contains($"{State}/{name} is a symbolic link", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(foreign));
    }

    [Fact]
    public async Task The_socket_is_for_the_agents_user_alone()
    {
        await using var servers = new AgentServers(TimeProvider.System);
        var path = StatusClient.SocketPath(_folder.FullName);

        await servers.ListenLocallyAsync(path, _ => Task.CompletedTask);

        Assert.Equal(OwnerReadsAndWrites, File.GetUnixFileMode(path));
    }
}

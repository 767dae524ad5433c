using Microsoft.Win32.SafeHandles;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Iptables;

public sealed class XtablesLockTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly ManualClock _clock = new();

    [Fact]
    public void Who_holds_it_and_since_when_is_said_and_for_how_long_to_wait()
    {
        using var holder = Hold();
        var xtables = new XtablesLock(_path, "/proc", _clock);

        var failure = xtables.NotTaken("Another app is currently holding the xtables lock");

        Assert.Equal(
            $"the xtables lock {_path} is held by process {Environment.ProcessId} ({File.ReadAllText("/proc/self/comm").Trim()}), "
            + "since 00:00:00Z at the latest: no rule of iptables can be written by anybody until it lets go",
            failure.Cause?.Text);
        Assert.Equal(TimeSpan.FromSeconds(1), failure.Cause?.RetryAfter);
        Assert.Equal(failure.Cause?.Key, xtables.NotTaken("again").Cause?.Key);
    }

    [Fact]
    public void While_it_is_held_nobody_waits_for_it_and_once_it_is_free_the_next_try_is_a_real_one()
    {
        var xtables = new XtablesLock(_path, "/proc", _clock);
        using (Hold())
        {
            Assert.False(xtables.IsStillHeld(), "nobody knows before a tool failed");
            xtables.NotTaken("held");
            Assert.True(xtables.IsStillHeld());
        }
        Assert.False(xtables.IsStillHeld());
    }

    [Fact]
    public void The_tool_is_not_run_while_the_lock_is_known_to_be_held()
    {
        var process = new FakeProcess { Result = new(4, "", "Another app is currently holding the xtables lock. Stopped waiting after 5s.\n") };
        var tool = new IptablesTool(process, new(Contracts.IpFamily.IPv4, IptablesBackend.Legacy, "save", "restore", new(1, 8, 9)), new(_path, "/proc", _clock));
        using (Hold())
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.NotNull(Assert.Throws<Dataplane.Netlink.KernelException>(() => tool.Restore(RestoreText.Of([]))).Cause);
            }
            Assert.Equal(1, process.Runs);
        }
        process.Result = new(0, "", "");
        Assert.Null(tool.Restore(RestoreText.Of([])));
        Assert.Equal(2, process.Runs);
    }

    [Fact]
    public void A_holder_that_cannot_be_seen_and_a_file_that_cannot_be_opened_are_said_as_such()
    {
        using (Hold())
        {
            Assert.Contains("a process that cannot be seen from here", new XtablesLock(_path, "/nowhere", _clock).NotTaken("").Message, StringComparison.Ordinal);
        }
        var unopened = new XtablesLock("/proc/nope", "/proc", _clock);
        Assert.Contains("Fatal: can't open lock file", unopened.NotTaken("Fatal: can't open lock file /proc/nope: No such file or directory").Message, StringComparison.Ordinal);
        Assert.False(unopened.IsStillHeld(), "the tools may do better the next time");
    }

    public void Dispose() => File.Delete(_path);

    private SafeFileHandle Hold()
    {
        var file = PosixFile.Open(_path, PosixFile.ReadOnly, 0, out _)!;
        Assert.True(PosixFile.TryLock(file));
        return file;
    }

    private sealed class FakeProcess : IIptablesProcess
    {
        public ProcessResult Result { get; set; }

        public int Runs { get; private set; }

        public string? Find(string tool) => null;

        public ProcessResult Run(string path, IReadOnlyList<string> arguments, string input)
        {
            Runs++;
            return Result;
        }
    }
}

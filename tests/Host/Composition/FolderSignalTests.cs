using NetAgent.Host.Composition;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Composition;

/// <summary>Files of the configuration tell of a change by themselves.</summary>
public sealed class FolderSignalTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-signal-").FullName;
    private readonly FolderSignal _signal = new();

    public void Dispose()
    {
        _signal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_file_that_is_replaced_says_so()
    {
        var file = Path.Combine(_folder, "agent.yaml");
        File.WriteAllText(file, "a");
        _signal.Watch([file]);

        File.WriteAllText(file + ".new", "b");
        File.Move(file + ".new", file, overwrite: true);

        await SaysSoAsync();
    }

    [Fact]
    public async Task A_mounted_ConfigMap_whose_data_are_swapped_says_so()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "..1"));
        Directory.CreateDirectory(Path.Combine(_folder, "..2"));
        File.WriteAllText(Path.Combine(_folder, "..1", "agent.yaml"), "a");
        File.WriteAllText(Path.Combine(_folder, "..2", "agent.yaml"), "b");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..1");
        var file = Path.Combine(_folder, "agent.yaml");
        File.CreateSymbolicLink(file, "..data/agent.yaml");
        _signal.Watch([file]);

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data_tmp"), "..2");
        Shell.Run("mv", "-T", Path.Combine(_folder, "..data_tmp"), Path.Combine(_folder, "..data"));

        await SaysSoAsync();
    }

    [Fact]
    public async Task What_a_link_leads_to_in_another_folder_says_so()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "links")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "real.yaml"), "a");
        File.CreateSymbolicLink(Path.Combine(folder, "agent.yaml"), Path.Combine(elsewhere, "real.yaml"));
        _signal.Watch([Path.Combine(folder, "agent.yaml")]);

        File.AppendAllText(Path.Combine(elsewhere, "real.yaml"), "b");

        await SaysSoAsync();
    }

    [Fact]
    public void A_link_that_leads_nowhere_and_a_key_of_a_ConfigMap_are_no_matter()
    {
        var link = Path.Combine(_folder, "agent.yaml");
        File.CreateSymbolicLink(link, "/nowhere/agent.yaml");

        Assert.Null(Record.Exception(() => _signal.Watch([link, "configmap:netagent/agent/agent.yaml", "/nowhere/at/all.yaml"])));
    }

    [Fact]
    public async Task A_folder_that_comes_later_is_watched_from_the_next_look_on()
    {
        var folder = Path.Combine(_folder, "later");
        var file = Path.Combine(folder, "agent.yaml");
        _signal.Watch([file]);

        Directory.CreateDirectory(folder);
        _signal.Watch([file]);
        File.WriteAllText(file, "a");

        await SaysSoAsync();
    }

    [Fact]
    public async Task A_folder_that_went_and_came_back_says_so_again()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "again")).FullName;
        var file = Path.Combine(folder, "agent.yaml");
        _signal.Watch([file]);

        Directory.Delete(folder);
        _signal.Watch([file]);
        Directory.CreateDirectory(folder);
        _signal.Watch([file]);
        File.WriteAllText(file, "a");

        await SaysSoAsync();
    }

    private Task SaysSoAsync() =>
        _signal.WaitAsync(Long, TimeProvider.System, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
}

using NetAgent.Contracts;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.Loading;
using NetAgent.Host.Plugins.Supervision;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.Loading;

public sealed class PluginLoadingTests : IDisposable
{
    private readonly SamplePlugins _plugins = new();

    public void Dispose() => _plugins.Dispose();

    [Fact]
    public void A_plugin_is_known_from_metadata_before_any_of_its_code_is_loaded()
    {
        _plugins.Add("Steady");

        var image = PluginCatalog.Find(_plugins.Path, "steady").Image!;

        Assert.EndsWith("/steady/Steady.dll", image.AssemblyPath, StringComparison.Ordinal);
        Assert.Equal((ContractVersion.Major, ContractVersion.Minor), (image.ContractMajor, image.ContractMinor));
        Assert.Equal(64, image.Digest.Length);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.Location == image.AssemblyPath);
    }

    [Fact]
    public void A_plugin_for_a_newer_contract_is_refused_by_name_with_both_versions_and_the_fix()
    {
        _plugins.Add("NewerContract", "newer");

        var refusal = PluginCatalog.Find(_plugins.Path, "newer").Refusal!;

        Assert.Equal("UnsupportedContract", refusal.Reason);
        Assert.Equal("plugin 'newer' is refused: NewerContract.dll was built for contract 2.99; this agent has 2.0; upgrade the agent, or use a plugin built for its contract", refusal.ToString());
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "NewerContract");
    }

    [Fact]
    public void A_plugin_that_was_built_for_contract_1_is_refused_by_name_with_both_versions_and_the_fix()
    {
        // samples/HelloChain as it was, compiled against the contract as it was when it was 1.0.
        var folder = Directory.CreateDirectory(Path.Combine(_plugins.Path, "hello"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Contract1", "HelloChain.dll"), Path.Combine(folder.FullName, "HelloChain.dll"));

        var refusal = PluginCatalog.Find(_plugins.Path, "hello").Refusal!;

        Assert.Equal("UnsupportedContract", refusal.Reason);
        Assert.Equal("plugin 'hello' is refused: HelloChain.dll was built for contract 1.0; this agent has 2.0; rebuild the plugin against the agent's NetAgent.Contracts", refusal.ToString());
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "HelloChain");
    }

    [Fact]
    public void A_misspelt_plugin_is_refused_with_the_nearest_name()
    {
        _plugins.Add("Steady");

        var refusal = PluginCatalog.Find(_plugins.Path, "stedy").Refusal!;

        Assert.Equal("NotFound", refusal.Reason);
        Assert.Equal("did you mean 'steady'?", refusal.Fix);
    }

    [Fact]
    public void A_folder_without_or_with_several_plugin_assemblies_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_plugins.Path, "empty"));
        File.WriteAllText(Path.Combine(_plugins.Path, "empty", "native.dll"), "not .NET");
        var two = _plugins.Add("Steady", "two");
        var other = _plugins.Add("Throws");
        File.Copy(Path.Combine(other, "Throws.dll"), Path.Combine(two, "Throws.dll"));

        Assert.Equal("NoPluginAssembly", PluginCatalog.Find(_plugins.Path, "empty").Refusal!.Reason);
        Assert.Contains("Steady.dll and Throws.dll", PluginCatalog.Find(_plugins.Path, "two").Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_plugins_with_different_versions_of_one_library_run_side_by_side()
    {
        await using var rig = new Rig().Configure("plugins: [{name: one}, {name: two}]");
        rig.Plugins.Add("UsesLibraryOne", "one");
        rig.Plugins.Add("UsesLibraryTwo", "two");

        await rig.RoundAsync();

        Assert.Equal(["library 1", "library 2"], rig.Dataplane.Status.Notices.Select(notice => notice.Notice.Message).Order());
    }

    [Theory]
    [InlineData("inProcess")]
    [InlineData("process")]
    public async Task A_plugin_that_lacks_a_library_is_refused_before_it_is_loaded_and_the_library_is_named(string isolation)
    {
        await using var rig = new Rig().Configure($"plugins: [{{name: one, isolation: {isolation}}}]");
        var folder = rig.Plugins.Add("UsesLibraryOne", "one");
        File.Delete(Path.Combine(folder, "SampleLibrary.dll"));

        await rig.RoundAsync();

        Assert.Equal((PluginState.Refused, "DependencyMissing"), (rig["one"].State, rig["one"].Reason));
        Assert.StartsWith("UsesLibraryOne.deps.json names SampleLibrary.dll (SampleLibrary/", rig["one"].LastError, StringComparison.Ordinal);
        Assert.Contains("which is not beside it; deliver the whole folder", rig["one"].LastError, StringComparison.Ordinal);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.Location == Path.Combine(folder, "UsesLibraryOne.dll"));
    }

    [Fact]
    public void A_deps_json_that_is_none_is_refused_by_name()
    {
        File.WriteAllText(Path.Combine(_plugins.Add("Steady"), "Steady.deps.json"), "{\"targets\": 1}");

        Assert.Contains("Steady.deps.json is not as", PluginCatalog.Find(_plugins.Path, "steady").Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deps_json_without_a_target_is_refused_by_name()
    {
        File.WriteAllText(Path.Combine(_plugins.Add("Steady"), "Steady.deps.json"), """{"runtimeTarget": {"name": null}, "targets": {}}""");

        Assert.Contains("Steady.deps.json is not as", PluginCatalog.Find(_plugins.Path, "steady").Refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"runtime": {"lib/net8.0/YamlDotNet.dll": {"localPath": "../outside/YamlDotNet.dll"} } }""", "../outside/YamlDotNet.dll")]
    [InlineData("""{"runtime": {"lib/net8.0/YamlDotNet.dll": {"localPath": "/opt/YamlDotNet.dll"} } }""", "/opt/YamlDotNet.dll")]
    [InlineData("""{"runtimeTargets": {"../outside/YamlDotNet.dll": {"rid": "linux-x64", "assetType": "runtime"} } }""", "../outside/YamlDotNet.dll")]
    [InlineData("""{"runtimeTargets": {"../outside/libevil.so": {"rid": "linux-x64", "assetType": "native"} } }""", "../outside/libevil.so")]
    [InlineData("""{"native": {"/opt/libevil.so": {} } }""", "/opt/libevil.so")]
    [InlineData("""{"resources": {"lib/../LeansOnHost.resources.dll": {"locale": "de"} } }""", "lib/../LeansOnHost.resources.dll")]
    public void A_deps_json_that_leads_out_of_the_folder_is_refused_by_name(string library, string named)
    {
        var folder = _plugins.Add("LeansOnHost", "leans");
        // Another target is read, too: which one counts is the runtime's matter.
        File.WriteAllText(Path.Combine(folder, "LeansOnHost.deps.json"),
            $$"""{"runtimeTarget": {"name": "t"}, "targets": {"t": {}, "other": {"YamlDotNet/16.3.0": {{library}} } } }""");

        var refusal = PluginCatalog.Find(_plugins.Path, "leans").Refusal!;

        Assert.Equal("LibraryOutside", refusal.Reason);
        Assert.Equal($"LeansOnHost.deps.json names {named}, which leads out of {folder}", refusal.Message);
    }

    [Fact]
    public void A_deps_json_with_a_key_given_twice_is_refused_since_readers_differ_on_which_counts()
    {
        var folder = _plugins.Add("Steady");
        File.WriteAllText(Path.Combine(folder, "Steady.deps.json"),
            """{"runtimeTarget": {"name": "t"}, "targets": {"t": {"X/1": {"native": {"../x.so": {} } } } }, "targets": {"t": {} } }""");

        Assert.Contains("Steady.deps.json is not as", PluginCatalog.Find(_plugins.Path, "steady").Refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_library_of_the_hosts_that_lies_where_the_load_context_does_not_look_is_none_of_the_plugins(bool named)
    {
        await using var rig = new Rig().Configure("plugins: [{name: leans}]");
        var folder = rig.Plugins.Add("LeansOnHost", "leans");
        Directory.CreateDirectory(Path.Combine(folder, "lib"));
        File.Move(Path.Combine(folder, "YamlDotNet.dll"), Path.Combine(folder, "lib", "YamlDotNet.dll"));
        File.Delete(Path.Combine(folder, "LeansOnHost.deps.json"));
        if (named)
        {
            File.WriteAllText(Path.Combine(folder, "LeansOnHost.deps.json"), """
                {"runtimeTarget": {"name": "t"}, "targets": {"t": {"YamlDotNet/18.1.0": {"runtime": {"lib/YamlDotNet.dll": {} } } } },
                 "libraries": {"YamlDotNet/18.1.0": {"type": "package", "serviceable": true, "sha512": ""} } }
                """);
        }

        await rig.RoundAsync();

        Assert.Equal(PluginState.Refused, rig["leans"].State);
        Assert.Contains("YamlDotNet", rig["leans"].LastError, StringComparison.Ordinal);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.Location == Path.Combine(folder, "LeansOnHost.dll"));
    }

    [Fact]
    public async Task A_plugin_that_leans_on_a_library_of_the_hosts_is_refused_before_it_is_loaded_and_the_library_is_named()
    {
        await using var rig = new Rig().Configure("plugins: [{name: leans}]");
        var folder = rig.Plugins.Add("LeansOnHost", "leans");
        // Without a .deps.json nothing but the metadata knows of it.
        File.Delete(Path.Combine(folder, "LeansOnHost.deps.json"));
        File.Delete(Path.Combine(folder, "YamlDotNet.dll"));

        await rig.RoundAsync();

        Assert.Equal((PluginState.Refused, "DependencyMissing"), (rig["leans"].State, rig["leans"].Reason));
        Assert.Matches(@"^LeansOnHost\.dll needs YamlDotNet [\d.]+, which is neither beside it nor the framework's; deliver", rig["leans"].LastError);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.Location == Path.Combine(folder, "LeansOnHost.dll"));
    }

    [Fact]
    public async Task A_library_of_the_hosts_that_a_plugin_brings_itself_is_the_plugins_own()
    {
        await using var rig = new Rig().Configure("plugins: [{name: leans}]");
        var folder = rig.Plugins.Add("LeansOnHost", "leans");

        await rig.RoundAsync();

        Assert.Equal(Path.Combine(folder, "YamlDotNet.dll"), Assert.Single(rig.Dataplane.Status.Notices).Notice.Message);
    }

    [Fact]
    public void What_a_library_of_the_plugin_needs_counts_too()
    {
        var folder = _plugins.Add("UsesLibraryOne", "one");
        File.Delete(Path.Combine(folder, "UsesLibraryOne.deps.json"));
        File.Copy(Path.Combine(_plugins.Add("LeansOnHost", "leans"), "LeansOnHost.dll"), Path.Combine(folder, "SampleLibrary.dll"), overwrite: true);

        var missing = PluginReferences.FindMissing(Path.Combine(folder, "UsesLibraryOne.dll"));

        Assert.StartsWith("SampleLibrary.dll needs YamlDotNet ", missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Steady.runtimeconfig.json", """{"runtimeOptions": {"additionalProbingPaths": ["/opt/libraries"]}}""",
        "Steady.runtimeconfig.json has additionalProbingPaths (/opt/libraries): libraries would come from outside ")]
    [InlineData("Steady.runtimeconfig.dev.json", "{}", "Steady.runtimeconfig.dev.json is a developer's file of probing paths: ")]
    public void Probing_paths_lead_out_of_the_folder_and_are_refused_by_file(string file, string content, string message)
    {
        File.WriteAllText(Path.Combine(_plugins.Add("Steady"), file), content);

        var refusal = PluginCatalog.Find(_plugins.Path, "steady").Refusal!;

        Assert.Equal("ProbingPaths", refusal.Reason);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtimeconfig_without_probing_paths_is_no_matter_and_one_that_is_no_JSON_is_refused_by_name()
    {
        var folder = _plugins.Add("Steady");
        var path = Path.Combine(folder, "Steady.runtimeconfig.json");
        File.WriteAllText(path, """{"runtimeOptions": {"tfm": "net10.0", "additionalProbingPaths": []}}""");
        Assert.NotNull(PluginCatalog.Find(_plugins.Path, "steady").Image);

        File.WriteAllText(path, """{"runtimeOptions": {"additionalProbingPaths": ["/x"]}, "runtimeOptions": {}}""");
        Assert.StartsWith("Steady.runtimeconfig.json is not as", PluginCatalog.Find(_plugins.Path, "steady").Refusal!.Message, StringComparison.Ordinal);
        File.WriteAllText(path, "{");
        Assert.StartsWith("Steady.runtimeconfig.json is not as", PluginCatalog.Find(_plugins.Path, "steady").Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plugins_context_shares_the_contract_and_the_framework()
    {
        var context = PluginContext.Create(Path.Combine(_plugins.Add("Steady"), "Steady.dll"));

        Assert.Same(typeof(Contracts.IDataplanePlugin).Assembly, context.LoadFromAssemblyName(new("NetAgent.Contracts")));
        Assert.Same(typeof(System.Text.Json.JsonDocument).Assembly, context.LoadFromAssemblyName(new("System.Text.Json")));
        context.Unload();
    }

    [Fact]
    public async Task A_copy_of_the_contract_beside_the_plugin_is_not_loaded()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}]");
        File.Copy(typeof(Contracts.IDataplanePlugin).Assembly.Location, Path.Combine(rig.Plugins.Add("Steady"), "NetAgent.Contracts.dll"));

        await rig.RoundAsync();

        Assert.Equal(PluginState.Running, rig["steady"].State);
    }

    [Fact]
    public async Task A_removed_plugin_is_unloaded_and_its_memory_freed()
    {
        await using var rig = new Rig().Configure("plugins: [{name: steady}, {name: one}]");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("UsesLibraryOne", "one");
        await rig.RoundAsync();

        rig.Configure("plugins: [{name: one}]");
        await rig.RoundAsync();
        // Not collected yet is no leak.
        Assert.Empty(rig.Loop.Snapshot.LeakedPlugins);
        for (var i = 0; i < 10; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(10));
            await rig.RoundAsync();
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        Assert.Empty(rig.Loop.Snapshot.LeakedPlugins);
    }

    [Fact]
    public async Task What_something_still_holds_after_a_few_collections_is_a_leak_until_it_is_let_go()
    {
        var time = new ManualTime();
        var watch = new UnloadWatch(time, () => { });
        var held = Unload(watch, time);
        Assert.Empty(watch.Leaks);
        for (var i = 0; i < 500 && watch.NextDue is not null || watch.Leaks.Count == 0 && i < 500; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            watch.Look();
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["held"], watch.Leaks);
        Assert.Null(watch.NextDue);
        GC.KeepAlive(held);
    }

    // In a frame of its own, which keeps nothing.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static object Unload(UnloadWatch watch, ManualTime time)
    {
        var held = new object();
        watch.Add("held", new(held));
        watch.Add("free", new(new object()));
        time.Advance(TimeSpan.FromSeconds(9));
        watch.Look();
        return held;
    }
}

using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Status;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Configuration;

/// <summary>configmap:NAMESPACE/NAME/KEY wherever the configuration names a file.</summary>
public sealed class ConfigMapFilesTests
{
    private const string Steady = "{name: steady, configFile: 'configmap:a/maps/steady.yaml'}";

    [Fact]
    public async Task A_plugin_waits_for_its_ConfigMap_and_its_siblings_do_not()
    {
        await using var rig = With($"[{Steady}, {{name: other, config: {{path: net/other}}}}]");
        await rig.RoundAsync();

        Assert.Equal((PluginState.Starting, "ConfigurationPending"), (rig["steady"].State, rig["steady"].Reason));
        Assert.Equal("configmap:a/maps/steady.yaml has not been read from the API server yet", rig["steady"].LastError);
        Assert.Equal(["net/other"], rig.Dataplane.Kernel.Keys);
        rig.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.False(rig.Health.Readiness.WasProgrammed);

        rig.ConfigMaps.Set("a/maps", "steady.yaml", "value: 5");
        await rig.RoundAsync();
        Assert.Equal("5", rig.Dataplane.Kernel["net/sample"]);

        rig.ConfigMaps.Set("a/maps", "steady.yaml", "value: 6");
        await rig.RoundAsync();
        Assert.Equal("6", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_a_file_that_is_not_there()
    {
        await using var rig = With($"[{Steady}]");
        rig.Store.Reload();
        rig.ConfigMaps.Set("a/maps", "steady.yaml", null);
        Assert.True(rig.Store.TakeNews());

        Assert.False(rig.Store.Current!.Plugins["steady"].Configuration.Files[0].Exists);
        await rig.RoundAsync();
        Assert.Equal("1", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task A_text_that_does_not_parse_names_ConfigMap_and_key()
    {
        await using var rig = With($"[{Steady}]");
        rig.Store.Reload();
        rig.ConfigMaps.Set("a/maps", "steady.yaml", "{");
        rig.Store.TakeNews();

        var file = rig.Store.Current!.Plugins["steady"].Configuration.Files[0];
        Assert.Equal("configmap:a/maps/steady.yaml", file.Path);
        Assert.NotNull(file.Problem);
    }

    [Fact]
    public async Task A_running_plugin_keeps_its_configuration_until_the_ConfigMap_it_is_moved_to_is_known()
    {
        await using var rig = With("[{name: steady, config: {value: 3}}]", "confirmWithin: 1m");
        await rig.RoundAsync();
        rig.Configure($"confirmWithin: 1m\nplugins: [{Steady}]");
        await rig.RoundAsync();
        Assert.Equal(("3", PluginState.Running), (rig.Dataplane.Kernel["net/sample"], rig["steady"].State));

        // The first that arrives does not work: what is gone back to is what worked, not the wait.
        rig.ConfigMaps.Set("a/maps", "steady.yaml", "value: throw");
        await rig.RoundAsync();
        await rig.RoundAsync();
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        await rig.RoundAsync();
        Assert.Contains("was taken back", rig.Loop.Snapshot.ConfigurationRefusal, StringComparison.Ordinal);
        Assert.Equal(("3", PluginState.Running), (rig.Dataplane.Kernel["net/sample"], rig["steady"].State));

        rig.ConfigMaps.Set("a/maps", "steady.yaml", "value: 4");
        await rig.RoundAsync();
        Assert.Equal("4", rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task The_agents_own_configuration_is_waited_for_and_its_last_good_text_stays()
    {
        await using var rig = new Rig();
        await using var files = new ConfigMapFiles(_ => rig.ConfigMaps);
        var store = new ConfigurationStore("configmap:a/netagent/agent.yaml", ConfigurationFiles.Read, agent => agent, files);
        var backends = new Backends
        {
            OpenDataplane = _ => rig.Dataplane,
            OpenCluster = (_, _, _) => rig.Cluster,
            ReadFile = ConfigurationFiles.Read,
            Error = TextWriter.Null,
        };
        var reading = FirstConfiguration.ReadAsync(backends, store, within: null, TestContext.Current.CancellationToken);
        Assert.True(store.IsPending);
        Assert.False(reading.IsCompleted);

        rig.ConfigMaps.Set("a/netagent", "agent.yaml", "apiVersion: netagent.io/v1alpha1\nkind: NetAgentConfiguration\nverifyPeriod: 7s");
        Assert.True(await reading);
        Assert.Equal(TimeSpan.FromSeconds(7), store.Current!.Agent.VerifyPeriod);

        rig.ConfigMaps.Set("a/netagent", "agent.yaml", null);
        store.TakeNews();
        Assert.Equal("configmap:a/netagent/agent.yaml: there is no ConfigMap a/netagent", store.Refusal?.Replace(": : ", ": ", StringComparison.Ordinal));
        rig.ConfigMaps.Set("a/netagent", "agent.yml", "kind: NetAgentConfiguration");
        store.TakeNews();
        Assert.Contains("ConfigMap a/netagent has no key 'agent.yaml' under data; it has agent.yml", store.Refusal, StringComparison.Ordinal);
        Assert.NotNull(store.Current);
    }

    [Theory]
    [InlineData("[{name: steady, configFile: 'configmap:only/two'}]", "'configmap:only/two' is not configmap:NAMESPACE/NAME/KEY")]
    [InlineData("[{name: steady, configFiles: ['configmap:a//c']}]", "'configmap:a//c' is not configmap:NAMESPACE/NAME/KEY")]
    public async Task A_reference_that_is_none_refuses_the_configuration(string plugins, string message)
    {
        await using var rig = With(plugins);
        Assert.False(rig.Store.Reload());
        Assert.Contains(message, rig.Store.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_manifests_stand_in_for_the_API_server_a_ConfigMap_cannot_be_read_and_that_is_said()
    {
        await using var rig = With($"[{Steady}]", "cluster: {manifests: /nowhere}");
        rig.Store.Reload();
        Assert.Contains("name a file", rig.Store.Current!.Plugins["steady"].Configuration.Files[0].Problem, StringComparison.Ordinal);
    }

    private static Rig With(string plugins, string more = "")
    {
        var rig = new Rig().Configure($"{more}\nplugins: {plugins}");
        rig.Plugins.Add("Steady");
        rig.Plugins.Add("Steady", "other");
        return rig;
    }
}

using NetAgent.Cluster.Yaml;

namespace NetAgent.Cluster.Tests.Yaml;

/// <summary>What comes in place of YAML or JSON is called by its name, not by what a parser stumbled over.</summary>
public sealed class ImpostorTests
{
    [Theory]
    [InlineData("{\"a\":", "line 1: the text ends before its JSON does; is it written in full?")]
    [InlineData("{\"a\": [1,\n{\"b\": \"c", "line 2: the text ends before its JSON does; is it written in full?")]
    [InlineData("{\"a\": 1,\n\"b\": [x}", "line 2: no JSON: 'x' is an invalid start of a value")]
    [InlineData("kind: Service\nmetadata:\n  name: {{ .Values.name }}\n", "line 3: 'name: {{ .Values.name }}' is a template, as Helm's charts hold them; what it renders belongs here (helm template)")]
    [InlineData("{{- if .Values.on }}\nkind: Service\n{{- end }}\n", "line 1: '{{- if .Values.on }}' is a template, as Helm's charts hold them; what it renders belongs here (helm template)")]
    [InlineData("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> topic\n", "line 2: '<<<<<<< HEAD' marks a merge conflict that nobody has settled")]
    [InlineData("{\n<<<<<<< HEAD\n\"b\": 2\n=======\n\"b\": 3\n>>>>>>> topic\n}", "line 2: '<<<<<<< HEAD' marks a merge conflict that nobody has settled")]
    [InlineData("\n<!DOCTYPE html>\n<html></html>\n", "line 1: this is a page of HTML, as a login or a proxy's error gives it in place of a file")]
    [InlineData("<html>words</html>", "line 1: this is a page of HTML, as a login or a proxy's error gives it in place of a file")]
    public void An_impostor_is_named(string text, string problem)
    {
        var document = Assert.Single(ConfigNodeReader.ReadAll(text));
        Assert.Null(document.Root);
        Assert.Equal(problem, document.Problem);
    }

    [Theory]
    [InlineData("a: '{{ not a template }}'")]
    [InlineData("data: |\n  <<<<<<< HEAD\n")]
    [InlineData("a: <html>")]
    public void What_parses_is_what_it_is(string text) => Assert.Null(Assert.Single(ConfigNodeReader.ReadAll(text)).Problem);

    [Fact]
    public void Flow_style_YAML_is_told_about_as_YAML() =>
        Assert.DoesNotContain("JSON", Assert.Single(ConfigNodeReader.ReadAll("{kind: Service, metadata: [")).Problem, StringComparison.Ordinal);
}

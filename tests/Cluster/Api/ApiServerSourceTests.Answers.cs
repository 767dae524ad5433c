using Microsoft.AspNetCore.Http;
using static NetAgent.Cluster.Tests.Api.ScriptedServer;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>Answers that are none.</summary>
public sealed partial class ApiServerSourceTests
{
    [Theory]
    [InlineData("""{"kind":"ServiceList","metadata":{"resourceVersion":"5"}}""", "a list must have items, and this answer has none; is it the API server's?")]
    [InlineData("""{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":{}}""", "a list must have items, and this answer has none; is it the API server's?")]
    [InlineData("""{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"na""", "the list broke off before its end")]
    [InlineData("", "the answer is empty")]
    [InlineData("\n<html>", "'<' is an invalid start of a value")]
    public async Task An_answer_that_is_no_list_empties_nothing_and_is_said_once_in_plain_words(string answer, string said)
    {
        _server.On("services", Refuses(422, "Invalid"), Says(List("4", null, Service("a", "1"))), Says("""{"kind":"Status","reason":"Expired","code":410}""", 410));
        _server.On("services", [.. Enumerable.Repeat(Says(answer), 8)]);
        Start();
        await Until("many tries", () => _server.RequestsFor("services").Length >= 11);
        Assert.Equal(["a"], Services.Keys);
        Assert.Equal($"services: the answer cannot be read: {said}", Assert.Single(_source.Problems, problem => problem.Source == "services").ToString());
        Assert.Single(_log.Lines, line => line.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Items_that_are_null_are_none()
    {
        _server.On("services", Refuses(422, "Invalid"), Says("""{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":null}"""));
        Start();
        await Until("the list", () => Status.IsSynced);
    }

    [Fact]
    public async Task A_page_of_HTML_is_called_one()
    {
        Func<HttpContext, Task> page = context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<html>please log in</html>");
        };
        _server.On("services", Refuses(422, "Invalid"), page, page, page, page);
        Start();
        await Until("the problem", () => _source.Problems.Any(problem => problem.Source == "services"));
        Assert.Equal("services: HTTP 200 with a page of HTML: this does not look like an API server; check the server's URL, and what stands before it",
            Assert.Single(_source.Problems, problem => problem.Source == "services").ToString());
    }
}

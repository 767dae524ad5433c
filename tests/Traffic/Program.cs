using System.Globalization;
using System.Net;
using NetAgent.Traffic;

// Pods and clients of the demo: a server that says its name and whom it saw, and a client that counts the names.
//   traffic serve NAME PORT
//   traffic connect ADDRESS PORT [COUNT]
if (args is ["serve", var name, var port])
{
    using var server = Server.Start(name, IPAddress.IPv6Any, Number(port));
    await Task.Delay(Timeout.Infinite);
    return 0;
}
if (args is ["connect", var address, var target, .. var rest] && rest.Length <= 1)
{
    var count = rest.Length == 1 ? Number(rest[0]) : 1;
    var answers = new List<string>();
    for (var i = 0; i < count; i++)
    {
        var answer = Client.AskTcp(new IPEndPoint(IPAddress.Parse(address), Number(target)), TimeSpan.FromSeconds(3));
        answers.Add(answer.Split(' ')[0]);
    }
    foreach (var group in answers.GroupBy(answer => answer).OrderBy(group => group.Key, StringComparer.Ordinal))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {group.Key,-12} {group.Count(),4}"));
    }
    return answers.Exists(answer => answer.StartsWith('!')) ? 1 : 0;
}
Console.Error.WriteLine("usage: traffic serve NAME PORT | traffic connect ADDRESS PORT [COUNT]");
return 2;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>A node for all attacks of this class.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    internal SharingNode Lab { get; private set; } = null!; // InitializeAsync sets it

    public async ValueTask InitializeAsync() => Lab = await SharingNode.Start();

    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}

/// <summary>What a partner can do to those that ask it for data.</summary>
public sealed class RogueProviderTests(LabFixture fixture) : IClassFixture<LabFixture>
{
    private readonly SharingNode lab = fixture.Lab;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_honest_foreign_provider_is_taken()
    {
        await using var rogue = await RogueProvider.Start(lab);
        var transfer = await rogue.Deliver();
        Assert.Equal("Landed", (string?)transfer["fetch"]);
    }

    [Theory]
    [InlineData("rules")]
    [InlineData("more")]
    [InlineData("target")]
    [InlineData("assignee")]
    [InlineData("assigner")]
    [InlineData("id")]
    public async Task An_agreement_that_is_not_the_offer_is_refused_with_the_reason(string what)
    {
        await using var rogue = await RogueProvider.Start(lab);
        string? first = null;
        if (what == "id") // of an agreement that is there already
            first = SharingNode.Text(await rogue.Negotiate(), "agreement");
        rogue.ChangeAgreement = agreement =>
        {
            switch (what)
            {
                case "rules":
                    agreement["permission"]![0]!["action"] = "distribute";
                    break;
                case "more":
                    agreement["obligation"] = new JsonArray(new JsonObject { ["action"] = "delete" });
                    break;
                case "id":
                    agreement["@id"] = first;
                    break;
                default:
                    agreement[what] = "did:web:other.example";
                    break;
            }
        };
        if (what == "target")
        {
            // Another dataset is not even taken as a word in this negotiation.
            var asked = SharingNode.Text(await lab.Ask(rogue.Did, "bait"), "id");
            await Task.Delay(500, Cancel);
            Assert.Equal("REQUESTED", (string?)(await lab.Get($"exchange/negotiations/{Uri.EscapeDataString(asked)}"))["state"]);
            await lab.Post($"exchange/negotiations/{Uri.EscapeDataString(asked)}/refuse", []);
            return;
        }
        var negotiation = await rogue.Negotiate();
        Assert.Equal("TERMINATED", (string?)negotiation["state"]);
        Assert.Contains("agreement", (string?)negotiation["reason"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("more than announced")]
    [InlineData("another content")]
    [InlineData("a redirect")]
    [InlineData("a refusal")]
    [InlineData("a huge announcement")]
    [InlineData("no JSON for a manifest")]
    public async Task Data_that_are_not_what_they_should_be_are_refused_and_leave_nothing(string what)
    {
        await using var rogue = await RogueProvider.Start(lab);
        rogue.Hand = async context =>
        {
            var isManifest = context.Request.RawUrl!.EndsWith("/manifest", StringComparison.Ordinal);
            if (isManifest != (what == "no JSON for a manifest"))
                return false;
            switch (what)
            {
                case "no JSON for a manifest":
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes("\"dure:split\" [[[["), Cancel);
                    break;
                case "more than announced":
                    // HttpListener keeps to what it announced: the second half of the range says otherwise.
                    context.Response.StatusCode = 200;
                    context.Response.Headers["Repr-Digest"] = "sha-256=:AAAA:";
                    await context.Response.OutputStream.WriteAsync(new byte[1000], Cancel);
                    break;
                case "another content":
                    context.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(new byte[32])}:";
                    context.Response.ContentLength64 = 10;
                    await context.Response.OutputStream.WriteAsync(new byte[10], Cancel);
                    break;
                case "a redirect":
                    context.Response.Redirect(new Uri(lab.Process.Address, "api/v1/exchange/partners").AbsoluteUri);
                    break;
                case "a refusal":
                    context.Response.StatusCode = 403;
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes("""{"title":"not today"}"""), Cancel);
                    break;
                default:
                    context.Response.ContentLength64 = 1L << 50;
                    await context.Response.OutputStream.WriteAsync(new byte[10], Cancel);
                    await context.Response.OutputStream.FlushAsync(Cancel);
                    return true;
            }
            context.Response.Close();
            return true;
        };
        var transfer = await rogue.Deliver();
        Assert.Equal("Failed", (string?)transfer["fetch"]);
        Assert.True(((string?)transfer["word"])!.Length > 10, transfer.ToJsonString());
        // The provider hears of it, with the reason, and holds nothing open.
        var told = await SharingNode.Until(() => Task.FromResult(rogue.Received.FirstOrDefault(message => message.Path.EndsWith("/termination", StringComparison.Ordinal))), message => message.Path is not null);
        Assert.Equal("not-received", (string?)told.Body["code"]);
        Assert.True(((string?)told.Body["reason"]![0])!.Length > 10, told.Body.ToJsonString());
        await SharingNode.Until(async () => (await lab.Transfers((string?)transfer["agreement"])).Single(), one => (string?)one["state"] == "TERMINATED");
        if (what is not "a redirect" and not "a refusal" and not "no JSON for a manifest")
            Assert.Empty(Directory.GetFiles(Path.Combine(lab.Folder, "incoming")));
        Assert.DoesNotContain((await lab.Get("datasets"))["datasets"]!.AsArray(), dataset => (string?)dataset!["name"] == "bait");
    }

    [Theory]
    [InlineData("name", "../../../etc/passwd")]
    [InlineData("name", "PUMPS\n")]
    [InlineData("name", null)]
    [InlineData("alternateName", "")]
    [InlineData("rows", "9000000000000000000")]
    [InlineData("rows", "-1")]
    [InlineData("contentSize", "999999999999999999999999 B")]
    [InlineData("contentSize", "-5 B")]
    [InlineData("sha256", "0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_manifest_that_plays_tricks_is_refused(string member, string? value)
    {
        var version = await lab.CutDataset("own", 3);
        var manifest = await lab.Get($"datasets/{version}/croissant");
        var content = await lab.Process.Client.GetByteArrayAsync($"api/v1/datasets/{Uri.EscapeDataString(version)}/parquet", Cancel);
        switch (member)
        {
            case "rows":
                manifest["dure:split"]!["rows"] = long.Parse(value!, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case "contentSize" or "sha256":
                manifest["distribution"]![0]![member] = member == "sha256" ? $"sha256:{value}" : value;
                break;
            default:
                manifest[member] = value;
                break;
        }
        await using var rogue = await RogueProvider.Start(lab);
        (rogue.Content, rogue.Manifest) = (content, Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        var before = (await lab.Get("datasets"))["datasets"]!.AsArray().Count;
        var transfer = await rogue.Deliver();
        Assert.True((string?)transfer["fetch"] == "Failed", transfer.ToJsonString());
        Assert.Equal(before, (await lab.Get("datasets"))["datasets"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_provider_that_answers_drop_by_drop_holds_up_nobody_else()
    {
        await using var own = await SharingNode.Start();
        await using var slow = await RogueProvider.Start(own);
        slow.Hand = async context =>
        {
            context.Response.SendChunked = true;
            await context.Response.OutputStream.WriteAsync(new byte[1], Cancel);
            await context.Response.OutputStream.FlushAsync(Cancel);
            await Task.Delay(TimeSpan.FromMinutes(1), Cancel);
            return true;
        };
        for (var i = 0; i < 6; i++)
            await slow.Begin();
        await using var honest = await RogueProvider.Start(own);
        Assert.Equal("Landed", (string?)(await honest.Deliver())["fetch"]);
    }

    [Fact]
    public async Task What_the_consumer_ends_is_received_no_longer()
    {
        await using var own = await SharingNode.Start();
        await using var rogue = await RogueProvider.Start(own);
        var hungUp = new TaskCompletionSource();
        rogue.Hand = async context =>
        {
            if (context.Request.RawUrl!.EndsWith("/manifest", StringComparison.Ordinal))
                return false;
            try
            {
                context.Response.SendChunked = true;
                while (!Cancel.IsCancellationRequested)
                {
                    await context.Response.OutputStream.WriteAsync(new byte[64 << 10], Cancel);
                    await context.Response.OutputStream.FlushAsync(Cancel);
                    await Task.Delay(20, Cancel);
                }
            }
            catch (Exception gone) when (gone is HttpListenerException or IOException or ObjectDisposedException)
            {
                hungUp.SetResult();
            }
            return true;
        };
        var agreement = await rogue.Begin();
        var transfer = await SharingNode.Until(async () => (await own.Transfers(agreement)).Single(), one => one["bytes"]?.GetValue<long>() > 0);
        await own.Post($"exchange/transfers/{Uri.EscapeDataString(SharingNode.Text(transfer, "id"))}/terminate", new JsonObject { ["reason"] = "enough" });
        await hungUp.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        await SharingNode.Until(() => Task.FromResult(Directory.GetFiles(Path.Combine(own.Folder, "incoming")).Length), files => files == 0, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_catalogue_without_an_end_is_read_as_far_as_it_is_of_use()
    {
        await using var rogue = await RogueProvider.Start(lab);
        var pages = 0;
        rogue.Catalogue = async context =>
        {
            var page = Interlocked.Increment(ref pages);
            var body = ForeignParticipant.Message("Catalog");
            body["participantId"] = rogue.Did;
            body["dataset"] = new JsonArray([.. Enumerable.Range(0, 1000).Select(i => new JsonObject { ["@id"] = $"{page}-{i}", ["@type"] = "Dataset" })]);
            body["dure:next"] = $"{page}-999";
            await ForeignParticipant.Write(context, 200, body);
        };
        var datasets = (await lab.Get($"exchange/catalogue/{Uri.EscapeDataString(rogue.Did)}"))["datasets"]!.AsArray();
        Assert.Equal(10_000, datasets.Count);
        Assert.InRange(pages, 10, 11);

        rogue.Catalogue = async context =>
        {
            try
            {
                context.Response.SendChunked = true;
                while (true)
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes("""{"dataset":[{}],"""), Cancel);
            }
            catch (Exception gone) when (gone is HttpListenerException or IOException or ObjectDisposedException)
            {
                // the node has read enough
            }
        };
        using var refused = await lab.Process.Client.GetAsync($"api/v1/exchange/catalogue/{Uri.EscapeDataString(rogue.Did)}", Cancel);
        Assert.InRange((int)refused.StatusCode, 400, 503);
    }
}

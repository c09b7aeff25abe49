using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Data that the provider brings: over cut lines, to the consumer's own door only, and stopped like those that are fetched.</summary>
public sealed class PushTests(EnforcementFixture fixture) : IClassFixture<EnforcementFixture>
{
    private const long Large = 96L << 20;
    private readonly SharingNode maker = fixture.Maker;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_brought_lands_as_what_is_fetched()
    {
        await using var lab = await SharingNode.Start();
        await lab.Join(await maker.Invite("Lab"));
        var id = $"pumps-{Guid.NewGuid():N}";
        await maker.Offer(fixture.Version, id, "twice");
        await lab.AskToBring(maker.Did, id);
        var landed = await SharingNode.Until(async () => (await lab.Transfers()).SingleOrDefault(), one => (string?)one?["fetch"] is "Landed" or "Failed" && (string?)one["state"] is "COMPLETED" or "TERMINATED");
        Assert.True((string?)landed!["landed"] == fixture.Version && (string?)landed["state"] == "COMPLETED", landed.ToJsonString());
        Assert.Equal(fixture.Version, (string?)(await lab.Get($"datasets/{fixture.Version}"))["version"]);
        var given = await SharingNode.Until(async () => (await maker.Transfers((string?)landed["agreement"])).Single(), one => (string?)one["state"] == "COMPLETED");
        Assert.Equal(1, given["uses"]!.GetValue<long>());
        Assert.Equal(landed["bytes"]!.GetValue<long>(), given["bytes"]!.GetValue<long>());
        Assert.Empty(Directory.GetFiles(Path.Combine(lab.Folder, "incoming")));
    }

    [Fact]
    public async Task After_a_cut_line_the_rest_is_brought_and_counted_once()
    {
        var (version, id) = (await maker.CutDataset($"large{Random.Shared.Next():x}", 5), $"pumps-{Guid.NewGuid():N}");
        var file = await maker.Stretch(version, Large);
        var offering = await maker.Offer(version, id, "once");
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        var got = new MemoryStream();
        var lines = 0;
        partner.Takes = async context =>
        {
            if (!context.Request.RawUrl!.StartsWith("/inbox", StringComparison.Ordinal))
                return false;
            Assert.Equal("Bearer letmein", context.Request.Headers["Authorization"]);
            if (context.Request.HttpMethod == "HEAD")
            {
                context.Response.Headers["Upload-Offset"] = $"{got.Length}";
                context.Response.Close();
                return true;
            }
            if (context.Request.RawUrl.EndsWith("/manifest", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 404;
                context.Response.Close();
                return true;
            }
            Assert.StartsWith($"bytes {got.Length}-", context.Request.Headers["Content-Range"], StringComparison.Ordinal);
            var (buffer, most) = (new byte[1 << 18], ++lines < 3 ? got.Length + Large / 3 : long.MaxValue);
            for (int read; got.Length < most && (read = await context.Request.InputStream.ReadAsync(buffer, Cancel)) > 0;)
                got.Write(buffer, 0, read);
            if (got.Length < Large)
            {
                context.Response.Abort();
                return true;
            }
            context.Response.StatusCode = 204;
            context.Response.Close();
            return true;
        };
        var agreement = await Bring(partner, offering, new Uri(partner.Root, "inbox"));
        var given = await SharingNode.Until(async () => (await maker.Transfers(agreement)).Single(), one => (string?)one["state"] is "COMPLETED" or "TERMINATED");
        Assert.Equal("COMPLETED", (string?)given["state"]);
        Assert.Equal(3, lines);
        await using var content = File.OpenRead(file);
        Assert.Equal(await SHA256.HashDataAsync(content, Cancel), SHA256.HashData(got.GetBuffer().AsSpan(0, (int)got.Length)));
        Assert.Equal(1, given["uses"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("terminate")]
    public async Task A_push_ends_within_a_second_of_the_decision(string how)
    {
        var (version, id) = (await maker.CutDataset($"large{Random.Shared.Next():x}", 6), $"pumps-{Guid.NewGuid():N}");
        await maker.Stretch(version, 4 * Large);
        var offering = await maker.Offer(version, id, "no conditions");
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        var (last, bytes) = (DateTimeOffset.MinValue, 0L);
        partner.Takes = async context =>
        {
            if (context.Request.HttpMethod != "PUT" || context.Request.RawUrl!.EndsWith("/manifest", StringComparison.Ordinal))
                return false;
            try
            {
                var buffer = new byte[1 << 18];
                for (int read; (read = await context.Request.InputStream.ReadAsync(buffer, Cancel)) > 0; await Task.Delay(5, Cancel))
                    (last, bytes) = (DateTimeOffset.UtcNow, bytes + read);
            }
            catch (Exception cut) when (cut is HttpListenerException or IOException)
            {
                // this is what is waited for
            }
            context.Response.Abort();
            return true;
        };
        var agreement = await Bring(partner, offering, new Uri(partner.Root, "inbox"));
        await SharingNode.Until(() => Task.FromResult(bytes), seen => seen > 4 << 20);
        var transfer = (await maker.Transfers(agreement)).Single();
        var decided = DateTimeOffset.UtcNow;
        await maker.Post($"exchange/transfers/{Uri.EscapeDataString(SharingNode.Text(transfer, "id"))}/{how}", new JsonObject { ["reason"] = "enough" });
        await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
        Assert.InRange(bytes, 1, 4 * Large - 1);
        Assert.True(last - decided < TimeSpan.FromSeconds(1.5), $"the last byte came {(last - decided).TotalMilliseconds:F0} ms after the decision"); // a half second of it lies in buffers that are read slowly
    }

    [Fact]
    public async Task A_consumer_that_wants_nothing_is_told_why_the_transfer_ends()
    {
        var offering = await maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}", "no conditions");
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        partner.Takes = async context =>
        {
            if (!context.Request.RawUrl!.StartsWith("/inbox", StringComparison.Ordinal))
                return false;
            await ForeignParticipant.Write(context, 403, new JsonObject { ["title"] = "not here" });
            return true;
        };
        await Bring(partner, offering, new Uri(partner.Root, "inbox"));
        var told = await SharingNode.Until(() => Task.FromResult(partner.Received.FirstOrDefault(message => message.Path.EndsWith("/termination", StringComparison.Ordinal))), message => message.Path is not null);
        Assert.Equal("not-brought", (string?)told.Body["code"]);
    }

    [Fact]
    public async Task Data_are_brought_to_the_consumers_own_host_and_to_no_one_elses()
    {
        var offering = await maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}", "no conditions");
        await using var partner = new ForeignParticipant();
        await using var victim = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        await victim.Join(await maker.Invite("Victim"));
        var (agreement, why) = await partner.Negotiate(maker, offering);
        Assert.True(agreement is not null, why);
        foreach (var address in new[] { new Uri(victim.Root, "inbox"), new Uri("http://169.254.169.254/latest"), new Uri(maker.Process.Address, "api/v1/ingest"), new Uri("file:///etc/passwd") })
            Assert.Null((await partner.Begin(maker, agreement, format: "HttpData-PUSH", change: request => request["dataAddress"] = Address(address))).Door);
        Assert.Null((await partner.Begin(maker, agreement, format: "HttpData-PUSH")).Door);
        Assert.Empty(victim.Received);
    }

    [Fact]
    public async Task The_door_takes_what_was_agreed_on_and_nothing_else()
    {
        await using var lab = await SharingNode.Start();
        await using var rogue = await RogueProvider.Start(lab);
        var content = RandomNumberGenerator.GetBytes(200_000);
        (rogue.IsToBring, rogue.ChangeDataset) = (true, dataset => dataset["dcat:byteSize"] = content.Length);
        var agreement = await rogue.Begin();
        var request = rogue.Received.Single(message => message.Path.EndsWith("/transfers/request", StringComparison.Ordinal)).Body;
        var door = ForeignParticipant.DoorOf(request, "", "");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(40) };

        async Task<HttpResponseMessage> Put(HttpContent body, string? range = null, string? token = null, HttpMethod? method = null, string? digest = null, string below = "")
        {
            var message = new HttpRequestMessage(method ?? HttpMethod.Put, new Uri(door.Address.AbsoluteUri + below)) { Content = body };
            message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token ?? door.Token}");
            if (range is not null)
                body.Headers.TryAddWithoutValidation("Content-Range", range);
            if (digest is not null)
                body.Headers.TryAddWithoutValidation("Repr-Digest", digest);
            return await client.SendAsync(message, Cancel);
        }

        async Task<long> Offset()
        {
            var message = new HttpRequestMessage(HttpMethod.Head, door.Address);
            message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {door.Token}");
            using var answer = await client.SendAsync(message, Cancel);
            return long.Parse(answer.Headers.GetValues("Upload-Offset").Single(), System.Globalization.CultureInfo.InvariantCulture);
        }

        foreach (var token in new[] { "", "nonsense", door.Token[..^1] })
            using (var stranger = await Put(new ByteArrayContent(content), token: token))
                Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        foreach (var range in new[] { "bytes", "bytes 0-1/", "bytes 5-1/10", "bytes 0-9/5", "bytes -5/10", "items 0-199999/200000", $"bytes 0-{new string('9', 40)}/{new string('9', 40)}", "bytes 0-199998/200000", "bytes */200000", "bytes 0-199999/*" })
            using (var wrong = await Put(new ByteArrayContent(content), range))
                Assert.True(wrong.StatusCode == HttpStatusCode.BadRequest, $"{range}: {wrong.StatusCode}");
        using (var elsewhere = await Put(new ByteArrayContent(content[100..]), $"bytes 100-{content.Length - 1}/{content.Length}"))
            Assert.Equal(HttpStatusCode.Conflict, elsewhere.StatusCode);
        using (var large = await Put(new ByteArrayContent(new byte[content.Length + 1])))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using (var endless = await Put(new StreamContent(new Broken(new byte[content.Length + 1], content.Length + 1, isBroken: false))))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, endless.StatusCode);
        using (var wrong = await Put(new ByteArrayContent(content), digest: $"sha-256=:{Convert.ToBase64String(new byte[32])}:"))
            Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Equal(0, await Offset());

        // A line that breaks in the middle, and the rest by another.
        var half = new StreamContent(new Broken(content, 120_000, isBroken: true)) { Headers = { ContentLength = content.Length } };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Put(half, $"bytes 0-{content.Length - 1}/{content.Length}"));
        var have = (int)await SharingNode.Until(Offset, offset => offset > 0);
        await Task.Delay(300, Cancel);
        have = (int)await Offset();
        Assert.InRange(have, 1, 120_000);
        using (var rest = await Put(new ByteArrayContent(content[have..]), $"bytes {have}-{content.Length - 1}/{content.Length}", digest: $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:"))
            Assert.Equal(HttpStatusCode.NoContent, rest.StatusCode);
        var landed = await SharingNode.Until(async () => (await lab.Transfers(agreement)).Single(), one => (string?)one["fetch"] == "Landed" && (string?)one["state"] == "COMPLETED");
        Assert.Equal(content.Length, landed["bytes"]!.GetValue<long>());
        using var after = await Put(new ByteArrayContent(content));
        Assert.True(after.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Forbidden, $"{after.StatusCode}");
        Assert.Empty(Directory.GetFiles(Path.Combine(lab.Folder, "incoming")));
    }

    [Fact]
    public async Task What_fails_in_the_receivers_house_is_tried_again_and_not_told_in_detail()
    {
        await using var lab = await SharingNode.Start();
        await using var rogue = await RogueProvider.Start(lab);
        var content = RandomNumberGenerator.GetBytes(50_000);
        (rogue.IsToBring, rogue.ChangeDataset) = (true, dataset => dataset["dcat:byteSize"] = content.Length);
        var agreement = await rogue.Begin();
        await SharingNode.Until(async () => (await lab.Transfers(agreement)).Single(), one => (string?)one["state"] == "STARTED");
        var door = ForeignParticipant.DoorOf(rogue.Received.Single(message => message.Path.EndsWith("/transfers/request", StringComparison.Ordinal)).Body, "", "");
        using var client = new HttpClient();

        async Task<(HttpStatusCode Status, string Text)> Put(byte[] bytes, string range)
        {
            using var message = new HttpRequestMessage(HttpMethod.Put, door.Address) { Content = new ByteArrayContent(bytes) };
            message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {door.Token}");
            message.Content.Headers.TryAddWithoutValidation("Content-Range", range);
            using var answer = await client.SendAsync(message, Cancel);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        }

        // A file lies where the folder for the content must be.
        var inTheWay = Path.Combine(lab.Folder, "blobs", Convert.ToHexStringLower(SHA256.HashData(content))[..2]);
        if (Directory.Exists(inTheWay))
            Directory.Delete(inTheWay, recursive: true);
        await File.WriteAllTextAsync(inTheWay, "", Cancel);
        var (status, text) = await Put(content, $"bytes 0-{content.Length - 1}/{content.Length}");
        Assert.True(status == HttpStatusCode.ServiceUnavailable, $"{status} {text}");
        Assert.DoesNotContain(lab.Folder, text, StringComparison.Ordinal);
        Assert.DoesNotContain("blobs", text, StringComparison.Ordinal);
        Assert.Equal("STARTED", (string?)(await lab.Transfers(agreement)).Single()["state"]);
        File.Delete(inTheWay);
        (status, text) = await Put([], $"bytes */{content.Length}");
        Assert.True(status == HttpStatusCode.NoContent, $"{status} {text}");
        await SharingNode.Until(async () => (await lab.Transfers(agreement)).Single(), one => (string?)one["fetch"] == "Landed" && (string?)one["state"] == "COMPLETED");
        Assert.Empty(Directory.GetFiles(Path.Combine(lab.Folder, "incoming")));
    }

    /// <summary>Agrees, and asks to bring the data to an address.</summary>
    private async Task<string> Bring(ForeignParticipant partner, JsonObject offering, Uri address)
    {
        var (agreement, why) = await partner.Negotiate(maker, offering);
        Assert.True(agreement is not null, why);
        var message = ForeignParticipant.Message("TransferRequestMessage", null, $"urn:uuid:{Guid.NewGuid()}");
        (message["agreementId"], message["format"], message["callbackAddress"], message["dataAddress"]) = (agreement, "HttpData-PUSH", partner.Protocol.AbsoluteUri, Address(address));
        var (status, answer) = await partner.Post(maker, "transfers/request", message);
        Assert.True(status == HttpStatusCode.Created, answer?.ToJsonString());
        return agreement;
    }

    private static JsonObject Address(Uri address) => new()
    {
        ["@type"] = "DataAddress",
        ["endpointType"] = "https://w3id.org/idsa/v4.1/HTTP",
        ["endpoint"] = address.AbsoluteUri,
        ["endpointProperties"] = new JsonArray(new JsonObject { ["@type"] = "EndpointProperty", ["name"] = "authorization", ["value"] = "letmein" }),
    };

    /// <summary>Bytes that break off.</summary>
    private sealed class Broken(byte[] content, int after, bool isBroken) : MemoryStream(content, 0, after)
    {
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer[..Math.Min(buffer.Length, 10_000)], cancellationToken);
            if (read == 0 && isBroken)
            {
                await Task.Delay(300, cancellationToken);
                throw new IOException("the line broke");
            }
            return read;
        }
    }
}

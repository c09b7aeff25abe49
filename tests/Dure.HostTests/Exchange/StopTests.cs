using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>An alliance, a node in it, and a file long enough to be stopped in the middle.</summary>
public sealed class StopFixture : IAsyncLifetime
{
    internal const long Large = 512L << 20;

    internal SharingNode Alliance { get; private set; } = null!; // InitializeAsync sets them
    internal SharingNode Maker { get; private set; } = null!;
    internal string Version { get; private set; } = "";
    internal string File { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Alliance = await SharingNode.Start();
        Maker = await SharingNode.Start();
        await Maker.Join(await Alliance.Invite("Maker", new JsonObject { ["region"] = "KR" }));
        Version = await Maker.CutDataset("pumps", 1);
        File = await Maker.Stretch(Version, Large);
    }

    public async ValueTask DisposeAsync()
    {
        await Alliance.DisposeAsync();
        await Maker.DisposeAsync();
    }
}

/// <summary>Whatever ends the right to data ends the stream: within a second of the decision nothing more arrives.</summary>
public sealed class StopTests(StopFixture fixture) : IClassFixture<StopFixture>
{
    private const long Large = StopFixture.Large;
    private const int BytesPerSecond = 48 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private readonly SharingNode alliance = fixture.Alliance;
    private readonly SharingNode maker = fixture.Maker;
    private readonly string version = fixture.Version;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("suspend")]
    [InlineData("terminate")]
    [InlineData("expiry")]
    [InlineData("revocation")]
    [InlineData("block")]
    public async Task A_running_stream_ends_within_a_second(string how)
    {
        await using var partner = new ForeignParticipant();
        await partner.Join(await alliance.Invite("Partner", new JsonObject { ["region"] = "KR" }));
        await partner.Join(await maker.Invite("Partner"));
        var end = DateTimeOffset.UtcNow.AddSeconds(how == "expiry" ? 6 : 600);
        var offering = await maker.Offer(version, "pumps", new JsonObject
        {
            ["permission"] = new JsonArray(new JsonObject
            {
                ["action"] = "use",
                ["constraint"] = new JsonArray(
                    new JsonObject { ["leftOperand"] = "dateTime", ["operator"] = "lteq", ["rightOperand"] = end.UtcDateTime.ToString("O") },
                    new JsonObject { ["leftOperand"] = "Membership", ["operator"] = "eq", ["rightOperand"] = "active" }),
            }),
        });
        var (agreement, why) = await partner.Negotiate(maker, offering);
        Assert.True(agreement is not null, why);
        var (door, reason) = await partner.Begin(maker, agreement);
        Assert.True(door is not null, reason);

        using var answer = await partner.Ask(door);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var reading = Read(answer, null);
        await Task.Delay(600, Cancel);
        Assert.False(reading.IsCompleted, "the stream ended before anyone ended it");
        var transfer = $"exchange/transfers/{Uri.EscapeDataString(door.ProviderPid)}";
        var decided = DateTimeOffset.UtcNow;
        switch (how)
        {
            case "suspend" or "terminate":
                await maker.Post($"{transfer}/{how}", new JsonObject { ["reason"] = "for now" });
                break;
            case "revocation":
                await alliance.Post("exchange/members/revoke", new JsonObject { ["did"] = partner.Did, ["reason"] = "left" });
                break;
            case "block":
                await maker.Post("exchange/partners/block", new JsonObject { ["did"] = partner.Did, ["reason"] = "enough" });
                break;
            default:
                decided = end;
                break;
        }
        var (last, bytes) = await reading;
        TestContext.Current.TestOutputHelper!.WriteLine($"{how}: {(last - decided).TotalMilliseconds:F0} ms to the last of {bytes} bytes");
        Assert.True(bytes < Large, "all of it was sent");
        Assert.True(last - decided < Longest, $"{how}: the last byte came {(last - decided).TotalMilliseconds:F0} ms after the decision");
        using var after = await partner.Ask(door, bytes);
        Assert.Equal(HttpStatusCode.Forbidden, after.StatusCode);
    }

    [Fact]
    public async Task After_a_cut_line_and_a_suspension_it_goes_on_where_it_was()
    {
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        var (agreement, why) = await partner.Negotiate(maker, await maker.Offer(version, "pumps", "twice"));
        Assert.True(agreement is not null, why);
        var (door, _) = await partner.Begin(maker, agreement);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var have = 0L;
        using (var cut = await partner.Ask(door!))
            have += (await Read(cut, hash, 20 << 20)).Bytes; // and hangs up
        using (var second = await partner.Ask(door!, have))
        {
            Assert.Equal(HttpStatusCode.PartialContent, second.StatusCode);
            var reading = Read(second, hash);
            await Task.Delay(300, Cancel);
            await maker.Post($"exchange/transfers/{Uri.EscapeDataString(door!.ProviderPid)}/suspend", new JsonObject { ["reason"] = "for now" });
            have += (await reading).Bytes;
        }
        Assert.InRange(have, 20 << 20, Large - 1);
        await partner.Next(door.ConsumerPid, "/suspension");

        // The consumer may not undo what the provider decided.
        var start = ForeignParticipant.Message("TransferStartMessage", door.ProviderPid, door.ConsumerPid);
        Assert.Equal(HttpStatusCode.BadRequest, (await partner.Post(maker, $"transfers/{Uri.EscapeDataString(door.ProviderPid)}/start", start)).Status);
        using (var still = await partner.Ask(door, have))
            Assert.Equal(HttpStatusCode.Forbidden, still.StatusCode);

        await maker.Post($"exchange/transfers/{Uri.EscapeDataString(door.ProviderPid)}/resume", []);
        var again = ForeignParticipant.DoorOf((await partner.Next(door.ConsumerPid, 1, "/start")).Body, door.ConsumerPid, door.ProviderPid);
        foreach (var token in new[] { door.Token, "", "nonsense", again.Token[..^1] })
        {
            using var wrong = await partner.Ask(again, have, token: token);
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }
        using (var rest = await partner.Ask(again, have))
            have += (await Read(rest, hash, bytesPerSecond: long.MaxValue)).Bytes;
        Assert.Equal(Large, have);
        await using var content = File.OpenRead(fixture.File);
        Assert.Equal(await SHA256.HashDataAsync(content, Cancel), hash.GetHashAndReset());
        Assert.Equal(1, (await maker.Transfers(agreement)).Single()["uses"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("terminate")]
    public async Task A_consumer_that_hears_nothing_is_stopped_all_the_same(string how)
    {
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        var (agreement, why) = await partner.Negotiate(maker, await maker.Offer(version, "pumps", "no conditions"));
        Assert.True(agreement is not null, why);
        var (door, _) = await partner.Begin(maker, agreement);
        await SharingNode.Until(() => maker.Transfers(agreement), transfers => (string?)transfers.Single()["state"] == "STARTED" && transfers.Single()["waitsFor"] is null);
        partner.IsDeaf = true;
        await maker.Post($"exchange/transfers/{Uri.EscapeDataString(door!.ProviderPid)}/{how}", new JsonObject { ["reason"] = "enough" });
        using var answer = await partner.Ask(door, 0, 99);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    /// <summary>Reads at an even pace to the end, to a number of bytes or to the cut.</summary>
    private static async Task<(DateTimeOffset Last, long Bytes)> Read(HttpResponseMessage answer, IncrementalHash? hash, long most = long.MaxValue, long bytesPerSecond = BytesPerSecond)
    {
        var (last, bytes) = (DateTimeOffset.UtcNow, 0L);
        var clock = Stopwatch.StartNew();
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(Cancel);
            var buffer = new byte[1 << 18];
            for (int read; bytes < most && (read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most - bytes)), Cancel)) > 0;)
            {
                hash?.AppendData(buffer.AsSpan(0, read));
                (last, bytes) = (DateTimeOffset.UtcNow, bytes + read);
                var ahead = TimeSpan.FromSeconds((double)bytes / bytesPerSecond) - clock.Elapsed;
                if (ahead > TimeSpan.FromMilliseconds(10))
                    await Task.Delay(ahead, Cancel);
            }
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            // this is what is waited for
        }
        return (last, bytes);
    }
}

using System.Security.Cryptography;
using Dure.Exchange.Handover;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Handover;

/// <summary>What one partner may take of this node's places, journal and disk, and what it hears of its trouble.</summary>
public sealed class HandoverBoundTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_partner_leaves_places_to_the_others()
    {
        using var turns = new PartnerTurns(32, 4);
        var (end, begun) = (new TaskCompletionSource(), 0);
        var slow = Enumerable.Range(0, 40).Select(_ => turns.InTurn("slow", () => { Interlocked.Increment(ref begun); return end.Task; }, Cancel)).ToList();
        Assert.Equal(4, begun);
        await turns.InTurn("other", () => Task.CompletedTask, Cancel);
        end.SetResult();
        await Task.WhenAll(slow);
        Assert.Equal(40, begun);
    }

    [Fact]
    public void What_is_asked_for_too_often_may_be_again_as_time_goes_by()
    {
        var time = new ManualTime();
        var pace = new Pace(60, TimeSpan.FromSeconds(1), time);
        Assert.Equal(60, Enumerable.Range(0, 100).Count(_ => pace.TryTake("one")));
        Assert.True(pace.TryTake("another"));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => pace.TryTake("one")));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(60, Enumerable.Range(0, 100).Count(_ => pace.TryTake("one")));
    }

    [Fact]
    public async Task A_hash_that_was_kept_counts_for_as_long_as_it_fits_the_file()
    {
        var folder = Directory.CreateTempSubdirectory("dure-hashes-").FullName;
        try
        {
            var (file, content) = (Path.Combine(folder, "a.part"), RandomNumberGenerator.GetBytes(1000));
            using var hashes = new PartialHashes();
            await File.WriteAllBytesAsync(file, content[..600], Cancel);
            var hash = await hashes.Take("a", file, Cancel);
            Assert.Equal(600, hash.Length);
            hash.Append(content[600..], 400);
            hashes.Keep("a", hash);
            await File.WriteAllBytesAsync(file, content, Cancel);
            var kept = await hashes.Take("a", file, Cancel);
            Assert.Same(hash, kept);
            Assert.Equal(SHA256.HashData(content), kept.Value());
            hashes.Keep("a", kept);
            await File.WriteAllBytesAsync(file, content[..10], Cancel);
            using var anew = await hashes.Take("a", file, Cancel);
            Assert.Equal(SHA256.HashData(content.AsSpan(0, 10)), anew.Value());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("urn:dure:evidence:journal-write-failed", true)]
    [InlineData("urn:dure:evidence:journal-stopped", true)]
    [InlineData("urn:dure:historian:disk-failed", true)]
    [InlineData("urn:dure:datasets:manifest-mismatch", true)]
    [InlineData("urn:dure:historian:bad-cursor", false)]
    [InlineData("urn:dure:exchange:refused", false)]
    [InlineData("urn:dure:kernel:no-canonical-form", false)]
    public void Partners_hear_of_what_they_can_mend(string type, bool isOwn)
    {
        Assert.Equal(isOwn, OwnTrouble.Is(new Problem(type, "The entry could not be written: /var/lib/dure/log", "/var/lib/dure/log", "Look at the disk.")));
        Assert.DoesNotContain("/", $"{OwnTrouble.Told}".Replace("urn:", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_known_by_the_systems_number()
    {
        Assert.True(Download.IsNoRoom(new IOException("No space left on device", 28)));
        Assert.False(Download.IsNoRoom(new IOException("Permission denied", 13)));
        Assert.True(OwnTrouble.MayPass(new IOException("gone")));
        Assert.False(OwnTrouble.MayPass(new ProblemException("urn:dure:datasets:manifest-mismatch", "a", "b", "c")));
    }
}

using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Dure.Tests.Mqtt;

namespace Dure.Tests.Exchange.Identity;

/// <summary>A made-up web: documents of participants by address, and who asked for them.</summary>
internal sealed class TestWeb
{
    private readonly Dictionary<Uri, Func<byte[]>> pages = [];

    public int Fetches { get; private set; }

    public void Serve(Uri address, Func<byte[]> page) => pages[address] = page;

    public Task<byte[]> Fetch(Uri address, CancellationToken cancel)
    {
        Fetches++;
        return pages.TryGetValue(address, out var page) ? Task.FromResult(page()) : throw new ProblemException("test:no-page", "There is no such page.", address.ToString(), "Serve it.");
    }
}

/// <summary>A participant with keys and a document on the made-up web.</summary>
internal sealed class Participant : IDisposable, IKnownParticipants
{
    private readonly TempFolder folder = new();
    private readonly TestWeb web;
    private DidResolver resolver;

    public Participant(string address, TestWeb web, ManualTime time)
    {
        (this.web, Time) = (web, time);
        Keys = ExchangeKeys.Open(folder.Sub("keys"), time);
        Own = new OwnIdentity(Keys, time);
        Own.Announce(new Uri(address));
        web.Serve(Own.Did.DocumentAddress, () => CanonicalJson.Serialize(Own.Document().ToJson()));
        resolver = new DidResolver(Own, web.Fetch, time);
        Seen = SeenTokens.Open(folder.Sub("seen"), TokenVerifier.Leeway, time, "boot-1");
        Tokens = new SelfIssuedTokens(Own, () => Credentials, time);
        Verifier = NewVerifier();
    }

    public ManualTime Time { get; }
    public ExchangeKeys Keys { get; private set; }
    public OwnIdentity Own { get; private set; }
    public SeenTokens Seen { get; private set; }
    public SelfIssuedTokens Tokens { get; private set; }
    public TokenVerifier Verifier { get; private set; }
    public DidResolver Resolver => resolver;
    public List<string> Credentials { get; } = [];
    public Dictionary<Did, Standing> Partners { get; } = [];
    public List<string> Followed { get; } = [];
    public Func<Did, IReadOnlyList<string>, CancellationToken, ValueTask<bool>> Vouches { get; set; } = (_, _, _) => ValueTask.FromResult(false);
    public Did Did => Own.Did;

    /// <summary>Introduces another participant, with the pins that are given.</summary>
    public Participant Knows(Participant other, params string[] pins)
    {
        Partners[other.Did] = new Standing(false, pins.ToHashSet(StringComparer.Ordinal));
        return this;
    }

    public Standing? Of(Did did) => Partners.GetValueOrDefault(did);

    public ValueTask Follow(Did did, string keyId, CancellationToken cancel)
    {
        Followed.Add(keyId);
        Partners[did] = Partners[did] with { PinnedKeys = Partners[did].PinnedKeys.Append(keyId).ToHashSet(StringComparer.Ordinal) };
        return ValueTask.CompletedTask;
    }

    public async Task<TokenVerdict> Verify(string token) => await Verifier.Verify($"Bearer {token}", Xunit.TestContext.Current.CancellationToken);

    /// <summary>Signs claims that the rules would not allow.</summary>
    public string Forge(Did audience, Action<JsonObject>? change = null, string type = "JWT", string? keyId = null)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["iss"] = Did.Value, ["sub"] = Did.Value, ["aud"] = audience.Value, ["jti"] = Guid.NewGuid().ToString(), ["iat"] = now, ["exp"] = now + 300 };
        change?.Invoke(claims);
        return Jws.Sign(claims, type, keyId ?? Own.KeyId, Keys);
    }

    /// <summary>What is left after the process ended: by a crash of it, of the computer, or in order.</summary>
    public void Restart(string boot, bool inOrder)
    {
        if (inOrder)
            Seen.Dispose();
        Seen = SeenTokens.Open(folder.Sub("seen"), TokenVerifier.Leeway, Time, boot);
        resolver = new DidResolver(Own, web.Fetch, Time);
        Verifier = NewVerifier();
    }

    public void Dispose()
    {
        Keys.Dispose();
        resolver.Dispose();
        Seen.Dispose();
        folder.Dispose();
    }

    private TokenVerifier NewVerifier() => new(Own, resolver, this, Seen, (did, credentials, cancel) => Vouches(did, credentials, cancel), Time);
}

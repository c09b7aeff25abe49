using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Dure.Kernel;

namespace Dure.Node.Access;

/// <summary>Browser sessions: a sign-in code opens one, a cookie carries it, a restart of the node ends it.</summary>
public sealed class SessionBook(TimeProvider time)
{
    public const string CookieName = "dure-session";
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);
    private const int MaxSessions = 1000;

    private readonly ConcurrentDictionary<ContentHash, (string Person, DateTimeOffset Until)> sessions = new();

    /// <summary>The code printed at start; whoever can read the console may sign in with it.</summary>
    public string SignInCode { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));

    /// <summary>A new session's cookie value when the code is right, else null.</summary>
    public string? TrySignIn(string? code, TokenBook tokens)
    {
        var person = IsSignInCode(code) ? Role.Administrator : tokens.Find(code) is { } holder ? $"token:{holder.Id}" : null;
        if (person is null)
            return null;
        foreach (var (key, session) in sessions)
        {
            if (session.Until < time.GetUtcNow())
                sessions.TryRemove(key, out _);
        }
        if (sessions.Count >= MaxSessions)
            throw new ProblemException("urn:dure:access:too-many-sessions", $"{MaxSessions} browser sessions are open.", "sign-in", "Sign out elsewhere or restart the node.");
        var cookie = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        sessions[KeyOf(cookie)] = (person, time.GetUtcNow() + Lifetime);
        return cookie;
    }

    /// <summary>The person behind a cookie (<c>administrator</c>, or <c>token:ID</c> for one who signed in with a token), or null.</summary>
    public string? PersonOf(string? cookie) =>
        cookie is { Length: > 0 and < 100 } && sessions.TryGetValue(KeyOf(cookie), out var session) && session.Until > time.GetUtcNow() ? session.Person : null;

    public void SignOut(string? cookie)
    {
        if (cookie is { Length: > 0 and < 100 })
            sessions.TryRemove(KeyOf(cookie), out _);
    }

    private bool IsSignInCode(string? code) => code is { Length: < 200 }
        && CryptographicOperations.FixedTimeEquals(KeyOf(code).ToArray(), KeyOf(SignInCode).ToArray());

    // Looked up by hash, so that how long a look-up takes says nothing about a cookie's text.
    private static ContentHash KeyOf(string text) => ContentHash.Of(Encoding.UTF8.GetBytes(text));
}

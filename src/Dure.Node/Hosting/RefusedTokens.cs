using Dure.Exchange.Identity;

namespace Dure.Node.Hosting;

/// <summary>Tells an operator which messages were not taken and why, a few each minute, since anyone can send wrong ones.</summary>
internal sealed partial class RefusedTokens(ILogger<RefusedTokens> log, TimeProvider time)
{
    private const int MostPerMinute = 20;

    private readonly Lock guard = new();
    private DateTimeOffset minute;
    private int told, untold;

    public void Tell(TokenVerdict.Refused refused)
    {
        if (refused.Code != TokenRefusal.Missing && MayTell(out var before))
            LogRefused(refused.Code, refused.Claimed?.Value ?? "an unnamed sender", refused.Reason, before);
    }

    /// <summary>Tells of anything else an outside caller was refused.</summary>
    public void Tell(string door, string reason)
    {
        if (MayTell(out var before))
            LogDoor(door, reason, before);
    }

    private bool MayTell(out int before)
    {
        lock (guard)
        {
            var now = time.GetUtcNow();
            before = 0;
            if (now - minute > TimeSpan.FromMinutes(1))
                (minute, told, untold, before) = (now, 0, 0, untold);
            if (told >= MostPerMinute)
            {
                untold++;
                return false;
            }
            told++;
            return true;
        }
    }

    [LoggerMessage(7101, LogLevel.Warning, "A message of {Sender} was refused ({Code}): {Reason} ({Untold} more went untold before)")]
    private partial void LogRefused(TokenRefusal code, string sender, string reason, int untold);

    [LoggerMessage(7102, LogLevel.Warning, "{Door} refused a caller: {Reason} ({Untold} more went untold before)")]
    private partial void LogDoor(string door, string reason, int untold);
}

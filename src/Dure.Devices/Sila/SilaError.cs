using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>What went wrong in a SiLA call, by the standard's kinds.</summary>
public enum SilaErrorKind
{
    /// <summary>A parameter breaks its constraints; the identifier is the parameter's.</summary>
    Validation = 1,

    /// <summary>An error that the feature defines; the identifier is the error's.</summary>
    Defined = 2,

    /// <summary>Any other failure of the device.</summary>
    Undefined = 3,

    /// <summary>The call itself breaks the rules; the identifier names which (<see cref="SilaFrameworkError"/>).</summary>
    Framework = 4,
}

/// <summary>Rules of calls that can be broken, with their numbers on the wire.</summary>
public enum SilaFrameworkError
{
    CommandExecutionNotAccepted = 0,
    InvalidCommandExecutionUuid = 1,
    CommandExecutionNotFinished = 2,
    InvalidMetadata = 3,
    NoMetadataAllowed = 4,
}

/// <summary>A SiLA error; on the wire a gRPC status ABORTED whose message is the base64 of a <c>SiLAError</c>.</summary>
public sealed class SilaException(SilaErrorKind kind, string identifier, string message, Exception? cause = null) : Exception(message, cause)
{
    public SilaErrorKind Kind { get; } = kind;

    /// <summary>Fully qualified identifier of the parameter or error, or the name of a framework error.</summary>
    public string Identifier { get; } = identifier;

    public static SilaException Framework(SilaFrameworkError error, string message) => new(SilaErrorKind.Framework, error.ToString(), message);

    internal string ToStatusMessage()
    {
        var into = new ProtoWriter();
        into.Message((int)Kind, error =>
        {
            if (Kind is SilaErrorKind.Validation or SilaErrorKind.Defined)
                error.Text(1, Identifier);
            else if (Kind == SilaErrorKind.Framework)
                error.Integer(1, (int)Enum.Parse<SilaFrameworkError>(Identifier));
            error.Text(Kind == SilaErrorKind.Undefined ? 1 : 2, Message);
        });
        return Convert.ToBase64String(into.Written);
    }

    /// <summary>Reads what another server wrote; null when it is no SiLA error.</summary>
    internal static SilaException? TryRead(string statusMessage)
    {
        try
        {
            var reader = new ProtoReader(Convert.FromBase64String(statusMessage));
            while (reader.Next())
            {
                if (reader.Field is >= 1 and <= 4)
                    return Read((SilaErrorKind)reader.Field, reader.Message());
            }
        }
        catch (Exception failure) when (failure is FormatException or ProblemException)
        {
            // Some servers put plain text there: the caller shows it as it is.
        }
        return null;
    }

    private static SilaException Read(SilaErrorKind kind, ReadOnlySpan<byte> bytes)
    {
        var (identifier, message) = (kind == SilaErrorKind.Framework ? nameof(SilaFrameworkError.CommandExecutionNotAccepted) : "", "");
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1 && kind == SilaErrorKind.Framework)
                identifier = ((SilaFrameworkError)(int)reader.Integer()).ToString();
            else if (reader.Field == 1 && kind != SilaErrorKind.Undefined)
                identifier = reader.Text();
            else if (reader.Field == (kind == SilaErrorKind.Undefined ? 1 : 2))
                message = reader.Text();
        }
        return new SilaException(kind, identifier, message);
    }
}

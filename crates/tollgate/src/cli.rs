//! The command line: names, flags, defaults, help with examples. Contract: design §2.

use crate::management::{Credential, ManagementArgs};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "tollgate", version, about = "API management that runs anywhere", propagate_version = true)]
#[command(
    after_help = "Example:\n  tollgate up --data ./tollgate-data\n\nErrors have a code; its page says what to do: docs/errors/."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Control plane and the managed gateway in one process
    #[command(after_help = "Example:\n  tollgate up --data ./tollgate-data --http-listen 0.0.0.0:8080")]
    Up(UpArgs),
    /// Control plane only
    #[command(after_help = "Example:\n  tollgate control-plane --database postgres://tollgate@db/tollgate")]
    ControlPlane(ControlPlaneArgs),
    /// One gateway node
    #[command(after_help = "Example:\n  tollgate gateway --env-file env.conf")]
    Gateway(GatewayArgs),
    /// `up`, a sample backend and a node "london", seeded with the walk-through
    #[command(after_help = "Example:\n  tollgate demo")]
    Demo(DemoArgs),
    /// Policy tools; no server needed
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Expression tools; no server needed
    #[command(subcommand)]
    Expression(ExpressionCommand),
    /// Call an API through a gateway and show what its policies did
    #[command(
        after_help = "Example:\n  tollgate trace http://127.0.0.1:8080/cat-facts/fact --api cat-facts -H 'Accept: application/json'"
    )]
    Trace(TraceArgs),
    /// Make a gateway token through the management API
    #[command(after_help = "Example:\n  tollgate token london --days 30 --url http://127.0.0.1:7070")]
    Token(TokenArgs),
    /// Completion script for a shell
    #[command(after_help = "Example:\n  tollgate completion bash > /etc/bash_completion.d/tollgate")]
    Completion { shell: clap_complete::Shell },
    /// Write the generated reference pages
    #[command(hide = true)]
    Docs {
        /// Folder to write to
        #[arg(long, default_value = "docs")]
        write: PathBuf,
        /// Only compare; exit 1 when a page is out of date
        #[arg(long)]
        check: bool,
    },
}

/// Where the control plane keeps its things and listens.
#[derive(Args, Clone)]
pub struct ControlPlaneArgs {
    /// Folder of the database, the master key, the admin token and TLS material
    #[arg(long, env = "TOLLGATE_DATA", default_value = "./tollgate-data")]
    pub data: PathBuf,
    /// `sqlite://PATH` or `postgres://…`; default: SQLite in the data folder
    #[arg(long, env = "TOLLGATE_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Management API, management portal and configuration API over HTTP
    #[arg(long, env = "TOLLGATE_MANAGEMENT_LISTEN", default_value = "127.0.0.1:7070")]
    pub management_listen: SocketAddr,
    /// The same over HTTPS
    #[arg(long, env = "TOLLGATE_MANAGEMENT_TLS_LISTEN", default_value = "127.0.0.1:7443")]
    pub management_tls_listen: SocketAddr,
    /// Developer portal
    #[arg(long, env = "TOLLGATE_DEVELOPER_LISTEN", default_value = "127.0.0.1:7071")]
    pub developer_listen: SocketAddr,
    /// Certificate (PEM, leaf first) of the HTTPS listener; default: one signed by DATA/tls/ca.pem
    #[arg(long, env = "TOLLGATE_TLS_CERTIFICATE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, env = "TOLLGATE_TLS_KEY", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// The admin token; default: the one in DATA/admin.token, made at first start
    #[arg(long, env = "TOLLGATE_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// Address that gateways and browsers use for the control plane, where it is not the listen address
    #[arg(long, env = "TOLLGATE_PUBLIC_URL")]
    pub public_url: Option<String>,
}

/// Where a gateway listens.
#[derive(Args, Clone)]
pub struct GatewayListenArgs {
    /// HTTP traffic [default: 0.0.0.0:8080]
    #[arg(long, env = "TOLLGATE_HTTP_LISTEN")]
    pub http_listen: Option<SocketAddr>,
    /// HTTPS traffic, when a certificate is configured [default: 0.0.0.0:8081]
    #[arg(long, env = "TOLLGATE_HTTPS_LISTEN")]
    pub https_listen: Option<SocketAddr>,
    /// Metrics and health [default: 127.0.0.1:9901]
    #[arg(long, env = "TOLLGATE_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
    /// Worker threads [default: one per core]
    #[arg(long, env = "TOLLGATE_WORKERS")]
    pub workers: Option<usize>,
}

#[derive(Args, Clone)]
pub struct UpArgs {
    #[command(flatten)]
    pub control: ControlPlaneArgs,
    #[command(flatten)]
    pub gateway: GatewayListenArgs,
}

#[derive(Args, Clone)]
pub struct GatewayArgs {
    /// Settings, one `name=value` a line (`config.service.endpoint`, `config.service.auth`, …)
    #[arg(long, env = "TOLLGATE_ENV_FILE")]
    pub env_file: Option<PathBuf>,
    #[command(flatten)]
    pub listen: GatewayListenArgs,
}

#[derive(Args, Clone)]
pub struct DemoArgs {
    /// Folder for the demo's data
    #[arg(long, env = "TOLLGATE_DATA", default_value = "./tollgate-data/demo")]
    pub data: PathBuf,
    /// Pick free ports for everything and write them to DATA/endpoints.json
    #[arg(long)]
    pub any_port: bool,
}

#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Check documents: every error at its line and column
    #[command(
        after_help = "Examples:\n  tollgate policy check policies/ --format json\n  tollgate policy check apiops/ --against apiops/\n  tollgate policy check new.xml --against http://127.0.0.1:7070"
    )]
    Check(CheckArgs),
    /// Show the effective policy with the origin of every element, the plan, and what it needs
    #[command(
        after_help = "Example:\n  tollgate policy explain policies/operation.xml --api policies/api.xml --global policies/global.xml"
    )]
    Explain(ExplainArgs),
    /// Run documents against a request and stubbed backends; prints the answer and the trace
    #[command(after_help = "Example:\n  tollgate policy run policies/api.xml --request request.yaml")]
    Run(RunArgs),
    /// Run test files (`*.test.yaml`)
    #[command(
        after_help = "Example:\n  tollgate policy test policy-tests/ --coverage --junit report.xml\n\nThe form of a test file: docs/guide/policy-testing.md"
    )]
    Test(TestArgs),
}

#[derive(Args)]
pub struct CheckArgs {
    /// Files, or folders that are searched for `.xml` files
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
    /// Scope the documents are meant for; `auto`: by their place in a folder, else where they fit
    #[arg(long, value_enum, default_value = "auto")]
    pub scope: Scope,
    #[command(flatten)]
    pub against: AgainstArgs,
}

/// What documents refer to.
#[derive(Args, Clone)]
pub struct AgainstArgs {
    /// Folder in the APIOps layout, or address of a control plane, that has the named values,
    /// fragments, backends and certificates; without it they are assumed to exist
    #[arg(long)]
    pub against: Option<String>,
    #[command(flatten)]
    pub credential: Credential,
}

/// Documents of one request, by scope.
#[derive(Args, Clone)]
pub struct DocumentArgs {
    /// The document
    pub file: PathBuf,
    /// Its scope; `auto`: by its place in a folder, else where it fits
    #[arg(long, value_enum, default_value = "auto")]
    pub scope: Scope,
    /// Document of the global scope
    #[arg(long, value_name = "FILE")]
    pub global: Option<PathBuf>,
    /// Document of the product scope
    #[arg(long, value_name = "FILE")]
    pub product: Option<PathBuf>,
    /// Document of the API scope
    #[arg(long, value_name = "FILE")]
    pub api: Option<PathBuf>,
    /// Document of the operation scope
    #[arg(long, value_name = "FILE")]
    pub operation: Option<PathBuf>,
}

#[derive(Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    #[command(flatten)]
    pub against: AgainstArgs,
}

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,
    /// Request, stubbed answers and names, as YAML or JSON; without it a plain GET
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Args)]
pub struct TestArgs {
    /// Test files, or folders that are searched for `.test.yaml` files
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name has this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Say which elements and branches no test reached
    #[arg(long)]
    pub coverage: bool,
    /// Write a report in JUnit's form
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Run again whenever a test file or a document changes
    #[arg(long)]
    pub watch: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Scope {
    Auto,
    Global,
    Product,
    Api,
    Operation,
}

#[derive(Subcommand)]
pub enum ExpressionCommand {
    /// Evaluate one expression, or a file of vectors
    #[command(
        after_help = "Examples:\n  tollgate expression eval '@(context.Request.Method)' --context context.json\n  tollgate expression eval --vectors vectors.jsonl"
    )]
    Eval(EvalArgs),
}

#[derive(Args)]
pub struct EvalArgs {
    /// `@(…)` or `@{…}`; `-` reads standard input
    #[arg(required_unless_present = "vectors", conflicts_with = "vectors")]
    pub expression: Option<String>,
    /// The context as JSON; default: a sample request
    #[arg(long, conflicts_with = "vectors")]
    pub context: Option<PathBuf>,
    /// Lines of `{id, expr, context}`; prints a line `{id, got}` each
    #[arg(long)]
    pub vectors: Option<PathBuf>,
}

#[derive(Args)]
pub struct TraceArgs {
    /// Address to call, on the gateway
    pub target: String,
    /// The API that the address belongs to
    #[arg(long)]
    pub api: String,
    /// The gateway
    #[arg(long, default_value = "managed")]
    pub gateway: String,
    /// Method of the call
    #[arg(short = 'X', long, default_value = "GET")]
    pub method: String,
    /// `Name: value`
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// Body of the call
    #[arg(short = 'd', long)]
    pub body: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    #[command(flatten)]
    pub management: ManagementArgs,
}

#[derive(Args)]
pub struct TokenArgs {
    /// The gateway's id
    pub gateway: String,
    /// Days until it expires
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
    /// Key that signs it
    #[arg(long, value_parser = ["primary", "secondary"], default_value = "primary")]
    pub key: String,
    #[command(flatten)]
    pub management: ManagementArgs,
}

import { repositoryIdentity } from './identity.ts'

/** SWE-bench Verified: all twelve of its repositories (swebench.com, Jimenez et al. 2024). */
const VERIFIED: readonly string[] = [
  'astropy/astropy django/django matplotlib/matplotlib mwaskom/seaborn pallets/flask psf/requests pydata/xarray',
  'pylint-dev/pylint pytest-dev/pytest scikit-learn/scikit-learn sphinx-doc/sphinx sympy/sympy',
]

/** SWE-bench Multilingual: all 41 of its repositories (swebench.com/multilingual.html). */
const MULTILINGUAL: readonly string[] = [
  'apache/druid apache/lucene astral-sh/ruff axios/axios babel/babel briannesbitt/carbon burntsushi/ripgrep',
  'caddyserver/caddy facebook/docusaurus faker-ruby/faker fastlane/fastlane fluent/fluentd fmtlib/fmt',
  'gin-gonic/gin gohugoio/hugo google/gson hashicorp/terraform immutable-js/immutable-js javaparser/javaparser',
  'jekyll/jekyll jordansissel/fpm jqlang/jq laravel/framework micropython/micropython mrdoob/three.js',
  'nlohmann/json nushell/nushell php-cs-fixer/php-cs-fixer phpoffice/phpspreadsheet preactjs/preact',
  'projectlombok/lombok prometheus/prometheus reactivex/rxjava redis/redis rubocop/rubocop sharkdp/bat',
  'tokio-rs/axum tokio-rs/tokio uutils/coreutils valkey-io/valkey vuejs/core',
]

/**
 * LocBench (LocAgent, Chen et al. 2025): those of its repositories that this project's sample of it shows. The whole
 * set has more: name its file with `--exclude` before numbers on it are published.
 */
const LOCBENCH: readonly string[] = [
  'aio-libs/aiohttp albumentations-team/albumentations ansible/ansible ansys/pymapdl bridgecrewio/checkov',
  'chainlit/chainlit cworthy-ocean/roms-tools dask/dask delgan/loguru django/django dmlc/dgl ds4sd/docling',
  'flet-dev/flet fortra/impacket getmoto/moto happy-algorithms-league/hal-cgp home-assistant/core',
  'huggingface/accelerate huggingface/diffusers huggingface/transformers huggingface/trl',
  'hyeneung/tech-blog-hub-site iterative/dvc jax-ml/jax keras-team/keras kiasambrook/tfl-live-tracker',
  'kornia/kornia langchain-ai/langgraph latchset/jwcrypto lightning-ai/pytorch-lightning matplotlib/matplotlib',
  'mesonbuild/meson mlflow/mlflow modin-project/modin netbox-community/netbox netflix/metaflow',
  'networkx/networkx nltk/nltk numpy/numpy open-mss/mss oppia/oppia pandas-dev/pandas phidatahq/phidata',
  'plasmapy/plasmapy prefecthq/prefect prowler-cloud/prowler py-pdf/pypdf pydantic/pydantic python/mypy',
  'qiskit/qiskit ray-project/ray roboflow/supervision rucio/rucio scikit-learn/scikit-learn scipy/scipy',
  'sktime/sktime speechbrain/speechbrain sqlfluff/sqlfluff standard-labs/real-intent streamlit/streamlit',
  'sympy/sympy tobymao/sqlglot traceloop/openllmetry ucl/tlomodel ukplab/sentence-transformers',
  'ultralytics/ultralytics uxarray/uxarray vllm-project/vllm webcompat/webcompat.com yt-dlp/yt-dlp zulip/zulip',
]

/** Identities of the repositories that final numbers are measured on, sorted. Nothing may be trained on them. */
export const EVALUATION_REPOSITORIES: readonly string[] = [
  ...new Set([...VERIFIED, ...MULTILINGUAL, ...LOCBENCH].flatMap((line) => line.split(' ')).map(repositoryIdentity)),
].sort()

const KNOWN: ReadonlySet<string> = new Set(EVALUATION_REPOSITORIES)

/** Whether an evaluation set holds the repository, under this or another of its names. */
export function isEvaluationRepository(repo: string): boolean {
  return KNOWN.has(repositoryIdentity(repo))
}
